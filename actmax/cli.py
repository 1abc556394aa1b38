"""The command `actmax`: draw, classes, doctor, distill and train."""

from __future__ import annotations

import importlib.metadata
import json
import platform
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from typer.core import TyperGroup

from actmax import files
from actmax.errors import (
    ActmaxError,
    RecipeError,
    StoreError,
    UnknownNameError,
    did_you_mean,
    printable,
    quoted,
    validation_messages,
)
from actmax.measure.models import Measures
from actmax.networks import labels
from actmax.networks.cards import card
from actmax.networks.class_set import ClassSet
from actmax.networks.description import Description, read_labels
from actmax.networks.weights import Source, resolve_weights
from actmax.pictures import read_start
from actmax.recipe.methods import DEFAULT, METHODS, accentuation, compose
from actmax.recipe.misplaced import IN_METHODS
from actmax.recipe.named import read_target
from actmax.recipe.recipe import Recipe
from actmax.recipe.renamed import RENAMED
from actmax.stopping import STATUS, Terminated, keeping
from actmax.store.store import Store

if TYPE_CHECKING:
    from pydantic import BaseModel

Options = TypeVar("Options", bound="BaseModel")


class Commands(TyperGroup):
    """Commands that print an error of ours as one paragraph, without a traceback, and exit with status 1; after SIGTERM
    with that of SIGTERM."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except ActmaxError as error:
            typer.secho(f"error: {error}", fg="red", err=True)
            raise typer.Exit(1) from None
        except Terminated:
            raise typer.Exit(STATUS) from None


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Activation maximization: find the images that a network's neurons respond to most.",
)

training = typer.Typer(
    no_args_is_help=True, help="Train networks and measure photographs for the methods that need it."
)
app.add_typer(training, name="train")


def _named(suffix: str) -> Callable[[Path | None], Path | None]:
    """Return a callback that refuses a file whose name promises another format than the one that is written."""

    def check(path: Path | None) -> Path | None:
        if path and path.suffix and path.suffix.casefold() != suffix:
            named = printable(path.with_suffix(suffix))
            raise StoreError(f"--out writes a {suffix} file: name it {named}, not {printable(path)}.")
        return path

    return check


NetworkOption = Annotated[
    str,
    typer.Option(
        envvar="ACTMAX_NETWORK",
        help="auto, alexnet, compact, a classifier of torchvision, timm/NAME, or your module:function, which runs.",
    ),
]
WeightsOption = Annotated[Path | None, typer.Option("--weights", help="Weights file: a checkpoint or safetensors.")]
LabelsOption = Annotated[
    Path | None,
    typer.Option("--labels", help="File with the names of the network's classes, one a line; by default ImageNet's."),
]
ChannelsOption = Annotated[int | None, typer.Option(help="Channels of your network's images: 1 for gray.")]
MeanOption = Annotated[
    str | None, typer.Option(help="Mean of each channel of your network's images, such as 0.5 or 0.4,0.5,0.4.")
]
StdOption = Annotated[str | None, typer.Option(help="Their standard deviation.")]
ImagesArgument = Annotated[list[Path], typer.Argument(help="Folders or tar files of WebP, JPEG or PNG images.")]
OutOption = Annotated[Path, typer.Option(callback=_named(".safetensors"), help="The safetensors file to write.")]
StoreOption = Annotated[Path, typer.Option(help="Store that remembers which network `auto` stands for.")]
FolderOption = Annotated[Path, typer.Option(help="Folder of the run: checkpoint, log and exported weights.")]
OWN_OPTIONS = ("method", "network", "weights", "seed", "size", "start")
"""Of `draw`: what no ``--set`` sets."""
RESUMES = "stopped: the same command goes on from the last checkpoint"
MinutesOption = Annotated[float, typer.Option(help="Training time.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="OPTION=VALUE",
        help="Set an option of the training, as JSON; see its docstrings in actmax.train.options.",
    ),
]


def _targets(context: typer.Context, targets: list[str]) -> list[str]:
    """Accept targets with a leading minus; refuse misspelled options, which reach us as targets for that reason."""
    options = [name for parameter in context.command.params for name in parameter.opts if name.startswith("--")]
    for text in targets:
        if text.startswith("--"):
            name, _, value = text.partition("=")
            field = name[2:].replace("-", "_")
            if field in IN_METHODS:
                context.fail(f"No such option: {name}. It is a field of the recipe: --set {field}={value or 'VALUE'}.")
            context.fail(f"No such option: {name}. {did_you_mean(name, options)}")
    return targets


@app.command(context_settings={"ignore_unknown_options": True})
def draw(
    targets: Annotated[
        list[str],
        typer.Argument(
            callback=_targets,
            help="Classes (zebra, 340, n02391049), targets (conv5:12, -conv4:3, fc6), or sums ('zebra + 0.5*tiger').",
        ),
    ],
    network: NetworkOption = "auto",
    weights: WeightsOption = None,
    labels_file: LabelsOption = None,
    channels: ChannelsOption = None,
    mean: MeanOption = None,
    std: StdOption = None,
    method: Annotated[str, typer.Option(help=f"One of {', '.join(METHODS)}.")] = DEFAULT,
    seed: Annotated[int, typer.Option(help="Of the initial noise and the random transforms.")] = 0,
    size: Annotated[int, typer.Option(help="Width and height in pixels.")] = 224,
    change: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="Set a field of the recipe, such as steps=512, as JSON."),
    ] = None,
    start: Annotated[Path | None, typer.Option(help="Image to start from, in place of noise.")] = None,
    feature_weight: Annotated[
        float | None,
        typer.Option(help="Weight of the penalty that preserves the start image's features; 0: no penalty."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(callback=_named(".png"), help="The PNG to write; by default it is named after the target."),
    ] = None,
    store: StoreOption = Path(".cache"),
) -> None:
    """Draw targets as PNG files, and print the network's response to each file."""
    from actmax.pipeline.publish import PUBLISHED, load, render_files
    from actmax.pipeline.select import select_network

    paths = _paths(targets, out)
    given = dict(_parse_setting(text, (*IN_METHODS, "canvas"), OWN_OPTIONS) for text in change or ())
    overrides, starts = given, {}
    if start is not None:
        name, starts[name] = read_start(start)
        overrides = accentuation(name, feature_weight) | given
    elif feature_weight is not None:
        raise RecipeError("--feature-weight preserves features of a start image: give one with --start.")

    def recipe_for(target: str, source: Source) -> Recipe:
        known = card(source.network)
        return compose(
            method,
            overrides,
            network=source.network,
            weights=source.digest,
            target=str(read_target(target, ClassSet(about.labels), known.output, (*known.layers, *known.outputs))),
            seed=seed,
            size=size,
        )

    about = _description(labels_file, channels, mean, std, size)
    for target in paths:  # errors come before any download
        recipe_for(target, Source(network, "", Path()))
    for name, label in _stand_ins(paths) if not about.labels else ():
        typer.secho(f"{name}: drawn as {label.name}, the one class of ImageNet under this word.", fg="yellow", err=True)
    selection = select_network(network, weights, Store(store), about=about)
    if selection.fallback:
        typer.secho(f"Drawn by the compact AlexNet: {selection.fallback}", fg="yellow", err=True)
    layer = "" if "feature_layer" in given else overrides.get("feature_layer")
    unnamed = layer and layer not in selection.source.card.layers
    if unnamed and (middle := load(selection.source).middle_convolution(size)):
        overrides["feature_layer"] = middle
        note = f"The image's features in {middle} stay: --set feature_layer=NAME chooses another layer."
        typer.secho(note, fg="yellow", err=True)
    by_recipe = {recipe_for(target, selection.source): path for target, path in paths.items()}
    with keeping(_print_error):
        for encoded, record in render_files(list(by_recipe), selection.source, starts=starts):
            path = by_recipe[record.recipe]
            files.save(path, encoded[PUBLISHED[0]])
            typer.echo(_report(path, record.recipe, record.measures[PUBLISHED[0]], selection.source.card.class_set))


@app.command()
def classes(
    text: Annotated[
        str, typer.Argument(help="Name or part of one, index, WNID or everyday word; without it, list all classes.")
    ] = "",
) -> None:
    """Look up ImageNet's classes, also by everyday words: dog lists all dogs, giraffe the nearest animals."""
    meanings = labels.meanings(text) if text else ()
    for meaning in meanings:
        if meaning.near:
            typer.echo(f"ImageNet has no {text.strip()}; nearest:", err=True)
        elif len(meanings) > 1:
            typer.echo(f"{', '.join(meaning.words)}:", err=True)
        _list(meaning.classes)
    listed = {label for meaning in meanings for label in meaning.classes}
    similar = [label for label in labels.search(text) if label not in listed] if text else labels.classes()
    if not meanings and not similar:
        labels.resolve_class(text)  # raises the reason
    _list(similar)


def _list(found: Iterable[labels.Label]) -> None:
    for label in found:
        typer.echo(f"{label.index:>3}  {label.wnid}  {', '.join(label.synonyms)}: {label.definition}")


@app.command()
def doctor(
    network: NetworkOption = "auto",
    weights: WeightsOption = None,
    labels_file: LabelsOption = None,
    channels: ChannelsOption = None,
    mean: MeanOption = None,
    std: StdOption = None,
    store: StoreOption = Path(".cache"),
    retry: Annotated[bool, typer.Option("--retry", help="Select the network of `auto` again.")] = False,
) -> None:
    """Check that the network loads, and print it with the device, the store and the versions in use."""
    from actmax.pipeline.publish import load
    from actmax.pipeline.select import select_network

    about = _description(labels_file, channels, mean, std)
    selection = select_network(network, weights, Store(store), retry=retry, about=about)
    loaded = load(selection.source)
    from actmax.engine.device import choose_device, choose_dtype, describe

    device = choose_device()
    rows = {
        "network": loaded.card.title,
        "weights": f"{selection.source.path} ({selection.source.digest})",
        "parameters": f"{loaded.parameters():,}",
        "device": f"{device.type}: {describe(device)}",
        "precision": f"{str(choose_dtype('auto', device)).removeprefix('torch.')} for `auto`",
        "store": str(store.resolve()),
    }
    if selection.fallback:
        rows["fallback"] = selection.fallback
    versions = (f"{name} {_version(name)}" for name in ("actmax", "torch", "torchvision", "timm", "pillow"))
    rows["versions"] = ", ".join([f"Python {platform.python_version()}", *versions])
    for name, value in rows.items():
        typer.echo(f"{name + ':':<12} {value}")


@app.command()
def distill(
    images: ImagesArgument,
    teacher: Annotated[
        list[str], typer.Option(help="Network to learn from, as NAME or NAME=FILE; several are averaged.")
    ] = ["alexnet"],  # noqa: B006 - typer copies it
    folder: FolderOption = Path("distill"),
    minutes: MinutesOption = 60,
    warm_start: Annotated[Path | None, typer.Option(help="Earlier weights to start from.")] = None,
    change: SetOption = None,
) -> None:
    """Train a compact AlexNet on the logits of teachers. After an interruption the same command resumes."""
    from actmax.train.distill import distill
    from actmax.train.options import DistillOptions

    options = _options(DistillOptions, minutes, change)
    parts = (text.partition("=") for text in teacher)
    teachers = [resolve_weights(name, Path(file) if file else None) for name, _, file in parts]
    with keeping(_print_error, RESUMES):
        typer.echo(distill(teachers, images, folder, options, warm_start, _print_error))


@training.command()
def generator(
    images: ImagesArgument,
    network: NetworkOption = "compact",
    weights: WeightsOption = None,
    folder: FolderOption = Path("generator"),
    minutes: MinutesOption = 60,
    change: SetOption = None,
) -> None:
    """Train a generator that inverts a hidden layer. After an interruption the same command resumes."""
    from actmax.train.generator import train_generator
    from actmax.train.options import GeneratorOptions

    options = _options(GeneratorOptions, minutes, change)
    with keeping(_print_error, RESUMES):
        typer.echo(train_generator(resolve_weights(network, weights), images, folder, options, _print_error))


@training.command()
def spectrum(images: ImagesArgument, out: OutOption = Path("spectrum.safetensors")) -> None:
    """Measure the mean amplitude spectrum of photographs."""
    from actmax.train.photographs import spectrum

    typer.echo(f"{out}: {spectrum(images, out)} photographs")


@training.command()
def statistics(
    images: ImagesArgument,
    network: NetworkOption = "compact",
    weights: WeightsOption = None,
    layer: Annotated[
        list[str] | None, typer.Option(help="Layer with feature maps; by default all on the network's card.")
    ] = None,
    out: OutOption = Path("statistics.safetensors"),
) -> None:
    """Measure the statistics of a network's channels on photographs."""
    from actmax.networks.load import load
    from actmax.train.photographs import convolutional_layers, statistics

    loaded = load(resolve_weights(network, weights))
    count = statistics(loaded, layer or convolutional_layers(loaded), images, out)
    typer.echo(f"{out}: {count} photographs")


@training.command()
def sounds(
    out: OutOption = Path("sounds.safetensors"),
    steps: Annotated[int, typer.Option(min=1, help="Training steps; the weights in the package had 500.")] = 500,
    seed: Annotated[int, typer.Option(min=0, help="Of the weights and the sounds.")] = 0,
) -> None:
    """Train the sound classifier, on sounds that are synthesized while it learns."""
    from actmax.train.options import SoundOptions
    from actmax.train.sounds import train_sounds

    accuracy = train_sounds(out, SoundOptions(steps=steps, seed=seed))
    typer.echo(f"{out}: accuracy {accuracy:.1%} on new sounds")


def main() -> None:
    """Run the console script."""
    app()


def _paths(targets: list[str], out: Path | None) -> dict[str, Path]:
    """Return the file to write for each target."""
    if out and len(targets) > 1:
        raise StoreError("--out names one file: leave it out for several targets.")
    paths = {target: out or Path(f"{labels.slugify(target)}.png") for target in targets}
    if len(set(paths.values())) < len(paths):
        raise StoreError("Two targets have the same file name: draw them one after the other, with --out.")
    for path in paths.values():
        if path.is_dir() or not path.parent.is_dir():
            raise StoreError(f"{path} cannot be written: it is a folder, or in one that does not exist. See --out.")
    return paths


def _stand_ins(targets: Iterable[str]) -> list[tuple[str, labels.Label]]:
    """Return the targets that are more general than the class that is drawn, such as a penguin."""
    meanings = [(text, labels.meanings(text)) for text in targets if not text.strip().isdecimal()]
    return [
        (text, found[0].classes[0])
        for text, found in meanings
        if len(found) == 1 and found[0].words != found[0].classes[0].synonyms
    ]


def _description(
    labels_file: Path | None, channels: int | None, mean: str | None, std: str | None, size: int | None = None
) -> Description:
    """Return what the options say of a network; its code is looked for in the current folder."""

    def numbers(option: str, text: str | None) -> float | tuple[float, ...] | None:
        if text is None:
            return None
        try:
            values = tuple(map(float, text.split(",")))
        except ValueError:
            raise RecipeError(f"{option} takes numbers such as 0.5 or 0.4,0.5,0.4, not {quoted(text)}.") from None
        return values if len(values) > 1 else values[0]

    names = read_labels(labels_file) if labels_file else ()
    return Description(names, channels, size, numbers("--mean", mean), numbers("--std", std))


def _options(kind: type[Options], minutes: float, change: list[str] | None) -> Options:
    """Return the options of a training: its length and the values of ``--set``."""
    from pydantic import ValidationError

    values = dict(_parse_setting(text, kind.model_fields) for text in change or ())
    try:
        return kind(**{"minutes": minutes, **values})
    except ValidationError as error:
        raise ActmaxError("; ".join(validation_messages(error))) from None


def _parse_setting(text: str, allowed: Iterable[str], options: Iterable[str] = ()) -> tuple[str, Any]:
    """Return the field and the value of a ``--set``. ``options`` are fields that have options of their own."""
    field, equals, value = text.partition("=")
    if field in RENAMED and RENAMED[field] in allowed:
        raise UnknownNameError(f"--set: the field {field!r} is now called {RENAMED[field]!r}.")
    if field in options:
        raise UnknownNameError(f"--set: {field!r} has an option of its own: --{field} {value or 'VALUE'}.")
    if field not in allowed:
        raise UnknownNameError(f"--set: unknown field {quoted(field)}. {did_you_mean(field, allowed)}")
    if not equals:
        raise RecipeError(f"--set takes FIELD=VALUE, such as steps=512; {quoted(text)} has no '='.")
    try:
        return field, json.loads(value)
    except (ValueError, RecursionError):
        return field, value


def _report(path: Path, recipe: Recipe, measures: Measures, classes: ClassSet) -> str:
    lines = [f"{path}  {recipe.digest()}", f"activation {measures.activation:.4g} of {recipe.target}"]
    if measures.rank is not None:
        verdict = "  FAILED: the network predicts another class" if measures.failed else ""
        lines.append(
            f"probability {measures.probability:.4f}, rank {measures.rank}, margin {measures.margin:.4g}{verdict}"
        )
    names = classes.labels
    lines.append("predicts " + ", ".join(f"{names[index].name} {part:.1%}" for index, part in measures.top))
    return "\n".join(lines)


def _print_error(message: str) -> None:
    typer.echo(message, err=True)


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "absent"

"""`actmax draw | classes | doctor | distill | train`: the core from the shell."""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import platform
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from actmax import files
from actmax.errors import ActmaxError, RecipeError, StoreError, UnknownNameError, did_you_mean, explain, quoted
from actmax.networks import labels
from actmax.networks.cards import card
from actmax.networks.weights import Source
from actmax.pictures import read_start
from actmax.recipe.methods import DEFAULT, METHODS, OVERRIDABLE, accentuation, compose
from actmax.recipe.recipe import Recipe
from actmax.recipe.target import parse
from actmax.store.record import Measures
from actmax.store.store import Store

if TYPE_CHECKING:
    from pydantic import BaseModel

Kind = TypeVar("Kind", bound="BaseModel")

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Ask a network to draw what its neurons respond to.",
)

training = typer.Typer(no_args_is_help=True, help="Learn from photographs what some methods need.")
app.add_typer(training, name="train")

NetworkOption = Annotated[
    str,
    typer.Option(
        envvar="ACTMAX_NETWORK",
        help="auto, alexnet, compact, a classifier of torchvision, or timm/NAME.",
    ),
]
WeightsOption = Annotated[Path | None, typer.Option("--weights", help="A weights file, as pickle or safetensors.")]
ImagesArgument = Annotated[list[Path], typer.Argument(help="Folders or tar files of WebP, JPEG or PNG images.")]
OutOption = Annotated[Path, typer.Option(help="The safetensors file to write.")]
StoreOption = Annotated[Path, typer.Option(help="The store that remembers which network auto became.")]


@contextlib.contextmanager
def errors_for_people() -> Iterator[None]:
    """A fault that a person can put right is shown as one paragraph, without a traceback, and fails."""
    try:
        yield
    except ActmaxError as error:
        typer.secho(f"error: {error}", fg="red", err=True)
        raise typer.Exit(1) from None


@app.command()
def draw(
    targets: Annotated[
        list[str],
        typer.Argument(
            help="Classes (zebra, 340, n02391049), targets (conv5:12, fc6), or sums of classes ('zebra + 0.5*tiger')."
        ),
    ],
    network: NetworkOption = "auto",
    weights_file: WeightsOption = None,
    method: Annotated[str, typer.Option(help=f"A preset: {', '.join(METHODS)}.")] = DEFAULT,
    seed: Annotated[int, typer.Option(help="Of the noise at the start and of the random transforms.")] = 0,
    size: Annotated[int, typer.Option(help="Width and height in pixels.")] = 224,
    precision: Annotated[str, typer.Option(help="auto, fp32 or bf16.")] = "auto",
    change: Annotated[
        list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="Override a field of the recipe, as JSON.")
    ] = None,
    start: Annotated[Path | None, typer.Option(help="A picture to start from in place of noise.")] = None,
    feature_weight: Annotated[
        float | None, typer.Option(help="How much of that picture is to stay, from 0, as a part of the slope.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The PNG to write; by default named after the target.")] = None,
    store: StoreOption = Path(".cache"),
) -> None:
    """Draw pictures, and say what the network makes of each."""
    with errors_for_people():
        from actmax.pipeline.publish import SHOWN, render_files
        from actmax.pipeline.select import select_network

        paths = _paths(targets, out)
        overrides = dict(_override(words, OVERRIDABLE) for words in change or ())
        starts = {}
        if start is not None:
            name, starts[name] = read_start(start)
            overrides = accentuation(name, feature_weight) | overrides
        elif feature_weight is not None:
            raise RecipeError("--feature-weight says how much stays of a picture: name one with --start.")

        def recipe_for(target: str, source: Source) -> Recipe:
            return compose(
                method,
                overrides,
                network=source.network,
                weights=source.digest,
                target=_aim(target, card(source.network).output),
                seed=seed,
                size=size,
                precision=precision,
            )

        for target in paths:  # what is wrong is said before anything is downloaded
            recipe_for(target, Source(network, "", Path()))
        decision = select_network(network, weights_file, Store(store))
        if decision.fallback:
            typer.secho(f"Drawn by the compact AlexNet: {decision.fallback}", fg="yellow", err=True)
        names = {recipe_for(target, decision.source): path for target, path in paths.items()}
        for drawn, record in render_files(list(names), decision.source, starts=starts):
            path = names[record.recipe]
            files.save(path, drawn[SHOWN[0]])
            typer.echo(_report(path, record.recipe, record.measures[SHOWN[0]]))


@app.command()
def classes(
    text: Annotated[str, typer.Argument(help="A name, a part of one, an index or a WNID; all classes without.")] = "",
) -> None:
    """Look up ImageNet's classes."""
    with errors_for_people():
        found = labels.search(text) if text else list(labels.classes())
        if not found:
            raise UnknownNameError(f"No class of ImageNet-1k is anything like {quoted(text)}.")
        for label in found:
            typer.echo(f"{label.index:>3}  {label.wnid}  {', '.join(label.synonyms)}: {label.definition}")


@app.command()
def doctor(
    network: NetworkOption = "auto",
    weights_file: WeightsOption = None,
    store: StoreOption = Path(".cache"),
    retry: Annotated[bool, typer.Option("--retry", help="Decide anew which network auto becomes.")] = False,
) -> None:
    """Say which network would draw, on what, and whether it works."""
    with errors_for_people():
        from actmax.pipeline.publish import load
        from actmax.pipeline.select import select_network

        decision = select_network(network, weights_file, Store(store), retry=retry)
        loaded = load(decision.source)
        from actmax.engine.device import choose_device, choose_dtype, describe

        device = choose_device()
        rows = {
            "network": loaded.card.title,
            "weights": f"{decision.source.path} ({decision.source.digest})",
            "parameters": f"{loaded.parameters():,}",
            "device": f"{device.type}: {describe(device)}",
            "precision": f"{str(choose_dtype('auto', device)).removeprefix('torch.')} where `auto` is asked",
            "store": str(store.resolve()),
        }
        if decision.fallback:
            rows["fallback"] = decision.fallback
        versions = ("actmax", "torch", "torchvision", "timm", "pillow")
        rows["versions"] = ", ".join(
            [f"Python {platform.python_version()}", *(f"{name} {_version(name)}" for name in versions)]
        )
        for name, value in rows.items():
            typer.echo(f"{name + ':':<12} {value}")


@app.command()
def distill(
    images: ImagesArgument,
    teacher: Annotated[str, typer.Option(help="Its name, as for `draw`.")] = "alexnet",
    weights_file: WeightsOption = None,
    folder: Annotated[Path, typer.Option(help="Of the run: checkpoint, log and exported weights.")] = Path("distill"),
    minutes: Annotated[float, typer.Option(help="Time in training.")] = 60,
    warm_start: Annotated[Path | None, typer.Option(help="Earlier weights, with batch norm, to start from.")] = None,
    change: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="OPTION=VALUE", help="Change any field of actmax.train.options.DistillOptions, as JSON."
        ),
    ] = None,
) -> None:
    """Train a compact AlexNet on a teacher's answers. Killed at any moment, the same command goes on."""
    with errors_for_people():
        from actmax.networks import weights
        from actmax.train.distill import distill
        from actmax.train.options import DistillOptions

        options = _options(DistillOptions, minutes, change)
        source = weights.resolve_weights(teacher, weights_file)
        path = distill(source, images, folder, options, warm_start, lambda words: typer.echo(words, err=True))
        typer.echo(path)


@training.command()
def generator(
    images: ImagesArgument,
    network: NetworkOption = "compact",
    weights_file: WeightsOption = None,
    folder: Annotated[Path, typer.Option(help="Of the run: checkpoint, log and exported weights.")] = Path("generator"),
    minutes: Annotated[float, typer.Option(help="Time in training.")] = 60,
    change: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="OPTION=VALUE", help="Change any field of actmax.train.options.GeneratorOptions, as JSON."
        ),
    ] = None,
) -> None:
    """Train a generator that paints what a hidden layer has seen. Killed at any moment, the same command goes on."""
    with errors_for_people():
        from actmax.networks import weights
        from actmax.train.generator import train_generator
        from actmax.train.options import GeneratorOptions

        options = _options(GeneratorOptions, minutes, change)
        source = weights.resolve_weights(network, weights_file)
        typer.echo(train_generator(source, images, folder, options, lambda words: typer.echo(words, err=True)))


@training.command()
def spectrum(images: ImagesArgument, out: OutOption = Path("spectrum.safetensors")) -> None:
    """Measure how strong the waves of photographs are."""
    with errors_for_people():
        from actmax.train.photographs import spectrum

        typer.echo(f"{out}: {spectrum(images, out)} photographs")


@training.command()
def statistics(
    images: ImagesArgument,
    network: NetworkOption = "compact",
    weights_file: WeightsOption = None,
    layer: Annotated[list[str] | None, typer.Option(help="A layer with a map; by default all that have names.")] = None,
    out: OutOption = Path("statistics.safetensors"),
) -> None:
    """Measure how the channels of a network answer photographs."""
    with errors_for_people():
        from actmax.networks import weights
        from actmax.networks.load import load
        from actmax.train.photographs import convolutional_layers, statistics

        loaded = load(weights.resolve_weights(network, weights_file))
        typer.echo(f"{out}: {statistics(loaded, layer or convolutional_layers(loaded), images, out)} photographs")


@training.command()
def sounds(
    out: OutOption = Path("sounds.safetensors"),
    steps: Annotated[int, typer.Option(min=1, help="Of training; the package's weights had 500.")] = 500,
    seed: Annotated[int, typer.Option(min=0, help="Of weights and sounds.")] = 0,
) -> None:
    """Train the network that tells sounds apart, on sounds that are made while it learns."""
    with errors_for_people():
        from actmax.train.options import SoundOptions
        from actmax.train.sounds import train_sounds

        accuracy = train_sounds(out, SoundOptions(steps=steps, seed=seed))
        typer.echo(f"{out}: accuracy {accuracy:.1%} on new sounds")


def main() -> None:
    """The console script."""
    app()


def _paths(targets: list[str], out: Path | None) -> dict[str, Path]:
    """Where the drawing of each target goes."""
    if out and len(targets) > 1:
        raise StoreError("--out names one picture: leave it out where there are several targets.")
    paths = {target: out or Path(f"{labels.slugify(target)}.png") for target in targets}
    if len(set(paths.values())) < len(paths):
        raise StoreError("Two targets would be drawn into one file: draw them one after another, with --out.")
    for path in paths.values():
        if path.is_dir() or not path.parent.is_dir():
            raise StoreError(f"{path} cannot be written: it is a folder, or in one that does not exist. See --out.")
    return paths


def _aim(text: str, output: str) -> str:
    """A class, a sum of classes, or else a target in the grammar of :mod:`actmax.recipe.target`."""
    try:
        return f"{output}:{labels.resolve_class(text).index}"
    except UnknownNameError as unknown:
        try:
            target = parse(_with_classes(text, output))
        except RecipeError:
            raise unknown from None
        # A bare word could be a misspelt class as well as a layer; only layers hold digits or dots.
        if not target.channels and text.isalpha():
            raise unknown from None
        return str(target)


def _with_classes(text: str, output: str) -> str:
    """A sum whose terms may be names of classes, with what they mean in their place. A name may hold hyphens, so that
    signs stand between spaces."""
    parts = re.split(r"(\s+[+-]\s+)", text)
    if len(parts) == 1:
        return text
    for place in range(0, len(parts), 2):
        weight, sign, name = parts[place].rpartition("*")
        try:
            parts[place] = f"{weight}{sign}{output}:{labels.resolve_class(name.strip()).index}"
        except UnknownNameError:
            if ":" not in name:
                raise
    return "".join(parts)


def _options(kind: type[Kind], minutes: float, change: list[str] | None) -> Kind:
    """How something is trained: for how long, and what `--set` changes besides."""
    from pydantic import ValidationError

    fields = dict(_override(words, kind.model_fields) for words in change or ())
    try:
        return kind(**{"minutes": minutes, **fields})
    except ValidationError as error:
        raise ActmaxError("; ".join(explain(error))) from None


def _override(words: str, allowed: Iterable[str]) -> tuple[str, Any]:
    field, equals, value = words.partition("=")
    if field not in allowed:
        raise UnknownNameError(f"--set: unknown field {quoted(field)}. {did_you_mean(field, allowed)}")
    if not equals:
        raise RecipeError(f"--set takes FIELD=VALUE, such as steps=512; {quoted(words)} has no '='.")
    try:
        return field, json.loads(value)
    except (ValueError, RecursionError):
        return field, value


def _report(path: Path, recipe: Recipe, measures: Measures) -> str:
    lines = [f"{path}  {recipe.digest()}", f"activation {measures.activation:.4g} of {recipe.target}"]
    if measures.rank is not None:
        verdict = "  FAILED: the network says another class first" if measures.failed else ""
        lines.append(
            f"probability {measures.probability:.4f}, rank {measures.rank}, margin {measures.margin:.4g}{verdict}"
        )
    names = labels.classes()
    lines.append("sees " + ", ".join(f"{names[index].name} {part:.1%}" for index, part in measures.top))
    return "\n".join(lines)


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "absent"


if __name__ == "__main__":
    main()

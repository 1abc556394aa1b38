"""The engine in a real browser, against PyTorch on the same weights and inputs."""

from __future__ import annotations

import gzip
import importlib.util
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from engines import (
    CLASSES,
    SIZES,
    TARGETS,
    TOLERANCE,
    engine_page,
    packed,
    published_network,
    relative_distance,
    torch_gradient,
    unpacked,
    well_conditioned_image,
)
from nightly import smoke
from PIL import Image
from torch import Tensor

from actmax.ascent.gradients import margin, normalize, on_gradient, relu_leak, split
from actmax.ascent.params import Canvas, fourier
from actmax.ascent.params.pixels import pixels
from actmax.ascent.penalties import excess_variation, feature_distance
from actmax.ascent.transforms import random_affine
from actmax.engine.render import render
from actmax.measure.measure import measure
from actmax.networks.hooks import GradientHooks
from actmax.networks.labels import classes
from actmax.networks.network import Network
from actmax.recipe import METHODS, Recipe, compose
from actmax.recipe.methods import accentuation
from actmax.recipe.target import parse
from gen.pages.assets import published
from gen.pages.live import BENCH_METHODS, ENGINE, LIVE_FIELDS, live_settings
from gen.tools import engine

if TYPE_CHECKING:
    from playwright.sync_api import Page

PHOTOGRAPH = Path(__file__).parents[2] / "docs" / "assets" / "photographs" / "chelsea.webp"
KERNELS = [module.name for module in engine.MODULES]
# fmt: off
WRITTEN = [
    "conv1:3", "conv4:117", "conv3:7@3,4", "conv5:9@center", "conv5", "fc6", "fc8:340", "logits:340", "fc6:3@center",
    "fc6:3 - 0.5*fc6:9", "-conv2:8", " 2 * conv1:0+conv1:1 ", "conv3:7@3, 4 + 0.25*conv3:8@3,4", "fc8:1 - fc8:2",
]
WRONG = [
    ("conv9:1", "no layer conv9. Its layers are conv1, conv2"), ("conv4:256", "numbered from 0 to 255"),
    ("fc7:1", "no layer fc7"), ("fc6:1@2,3", "no space"), ("fc8:1 + conv5:1", "the same layer"),
    ("conv3:1@1,1 + conv3:2", "the same position"), ("conv3:1 + conv3:1", "twice"), ("conv3:1 conv3:2", "not a target"),
    ("conv3:1 - conv3", "a whole layer"), ("-conv3", "a whole layer"), ("conv3:", "not a target"), ("", "not a target"),
    ("0*conv3:1", "between 0.001 and 1000"), ("99999*conv3:1", "between 0.001 and 1000"), ("conv3:1.5", "not a target"),
    ("conv3[1]", "“conv3[1]” is not a target. Did you mean “conv3:1”?"), ("conv3 1", "Did you mean “conv3:1”?"),
    ("conv3:0-3", "several channels. Write one, such as “conv3:0”, or a sum, such as “conv3:0 + conv3:3”."),
    (" + ".join(f"conv3:{k}" for k in range(17)), "more than 16 terms"), ("conv3:-1", "not a target"),
]
# fmt: on
"""Targets of recipes, and texts that are none, with what is said."""
HARNESS = """
import { instantiate } from "./engine.js";
import { FeatureDistance, layerIndex } from "./features.js";
import { optimize, subtractLeader } from "./optimize.js";
import { Fourier, Pixels } from "./parameters.js";
import { channelRange, classIndex, isTarget, parseTarget, score, scoreBackward, targetText } from "./target.js";
const networks = {};
for (const module of ["engine.wasm", "engine-relaxed.wasm"]) {
  networks[module] = await instantiate(await fetched(module));
  for (const layer of layers) networks[module].loadLayer(layer);
}
window.network = networks["engine.wasm"];
window.gradientOf = ({ module, height, width, image, target: text, map, relu_leak }) => {
  const network = networks[module];
  const target = parseTarget(text);
  network.prepare(height, width, target.layer);
  network.output.fill(NaN); // what is not computed must not be read
  network.image.set(unpacked(image));
  const pointer = map ? network.allocate(6) : 0;
  if (map) network.floats(pointer, 6).set(unpacked(map));
  const output = network.forward(pointer, channelRange(target));
  const value = score(target, output, network.mapSize);
  const logits = packed(target.layer === 6 ? output : []);
  scoreBackward(target, output, network.mapSize);
  network.backward(pointer, relu_leak, 0, channelRange(target));
  return { logits, score: value, gradient: packed(network.gradient) };
};
window.failed = async (settings) => {
  try {
    await optimize(network, settings).next();
  } catch (error) {
    return error.message;
  }
};
window.gradientOfMargin = (target, weight, logits) => {
  const gradient = logits.map((_, index) => (index === target ? 1 : 0));
  subtractLeader(gradient, weight, logits);
  return gradient;
};
window.isTarget = isTarget;
window.parsed = (text) => {
  try {
    return [targetText(parseTarget(text)), classIndex(parseTarget(text))];
  } catch (error) {
    return error.message;
  }
};
window.decodeFourier = ({ height, width, decay_power, contrast_limit, coefficients, gradient }) => {
  network.prepare(height, width);
  const parameters = new Fourier(network, decay_power, contrast_limit);
  parameters.values.set(unpacked(coefficients));
  parameters.decode();
  const image = packed(network.image);
  network.gradient.set(unpacked(gradient));
  parameters.decodeBackward();
  return { image, gradient: packed(parameters.gradient) };
};
window.subtractExcessVariation = ({ height, width, image, gradient, weight, limit }) => {
  network.prepare(height, width);
  network.image.set(unpacked(image));
  network.gradient.set(unpacked(gradient));
  network.engine.subtract_excess_variation(weight, limit);
  return packed(network.gradient);
};
window.subtractFeatureGradient = ({ size, highest, start, image, gradient, magnitude, relu_leak }) => {
  network.prepare(size, size, layerIndex(highest));
  network.image.set(unpacked(start));
  const features = new FeatureDistance(network, layerIndex("conv3"));
  network.image.set(unpacked(image));
  network.gradient.set(unpacked(gradient));
  features.subtract(magnitude, relu_leak);
  return packed(network.gradient);
};
window.encodeAndDecode = ({ size, parameterization, rgba }) => {
  network.prepare(size, size);
  network.setImage(Uint8ClampedArray.from(rgba));
  const parameters = parameterization === "fourier" ? new Fourier(network, 1.3, 0) : new Pixels(network);
  parameters.encode();
  network.image.fill(0);
  parameters.decode();
  return packed(network.image);
};
window.optimized = async (settings) => {
  const activations = [];
  if (settings.picture) settings.picture = Uint8ClampedArray.from(settings.picture);
  settings.start = unpacked(settings.start);
  settings.maps = settings.maps && unpacked(settings.maps);
  for await (const event of optimize(network, settings)) if (event.step) activations.push(event.activation);
  return { activations, picture: packed(network.image) };
};
window.bytesPrepared = (size, layer = 6) => {
  network.prepare(size, size, layer);
  return network.engine.mark() - network.weightsEnd;
};
"""


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """The network with the weights that are published for the engine."""
    return published_network(tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="module")
def page(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page with the engine and its weights."""
    with engine_page(browser, tmp_path_factory.mktemp("engine"), HARNESS) as opened:
        yield opened


@pytest.mark.parametrize("module", engine.MODULES, ids=lambda module: module.name)
def test_a_committed_module_equals_the_compiled_source(module: Path) -> None:
    if importlib.util.find_spec("ziglang") is None:
        pytest.skip("ziglang, which compiles the engine, is not installed")
    assert engine.compiled(module) == module.read_bytes(), f"python -m gen compile, and commit {module.name}"
    assert module.stat().st_size <= 64 << 10


@pytest.mark.parametrize("module", KERNELS)
@pytest.mark.parametrize("size", SIZES)
def test_logits_and_gradient_equal_those_of_pytorch(page: Page, network: Network, size: int, module: str) -> None:
    for seed, index in enumerate(CLASSES):
        target = f"fc8:{index}"
        image = well_conditioned_image(network, size, target, seed)
        result = gradient_of(page, image, target, module)
        logits, gradient = torch_gradient(network, image, target)
        assert relative_distance(unpacked(result["logits"]), logits) <= TOLERANCE
        assert relative_distance(unpacked(result["gradient"]), gradient) <= TOLERANCE


@pytest.mark.parametrize("module", KERNELS)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("target", smoke(TARGETS, 5))
def test_the_gradient_of_any_target_equals_pytorchs(
    page: Page, network: Network, target: str, size: int, module: str
) -> None:
    """The engine's submodel ends at the target's layer, and computes only the channels that the target reads."""
    image = well_conditioned_image(network, size, target, seed=7)
    result = gradient_of(page, image, target, module)
    score, gradient = torch_gradient(network, image, target)
    assert result["score"] == pytest.approx(score.item(), rel=TOLERANCE, abs=1e-6)
    assert gradient.norm() > 0
    assert relative_distance(unpacked(result["gradient"]), gradient) <= TOLERANCE


def gradient_of(page: Page, image: Tensor, target: str, module: str = KERNELS[0], **settings: Any) -> dict[str, Any]:
    """Return the engine's logits, score of the target and its gradient at the image."""
    request = {"module": module, "height": image.shape[2], "width": image.shape[3], "image": packed(image)}
    result: dict[str, Any] = page.evaluate("gradientOf", request | {"target": target, "relu_leak": 0, **settings})
    return result


@pytest.mark.parametrize("shape", [(64, 64), (67, 101), (130, 91)])
def test_other_shapes_and_a_relu_leak_equal_pytorch(page: Page, network: Network, shape: tuple[int, int]) -> None:
    image = torch.rand(1, 3, *shape, generator=torch.Generator().manual_seed(5))
    result = gradient_of(page, image, "fc8:7", relu_leak=0.1)
    logits, gradient = torch_gradient(network, image, "fc8:7", leak=0.1)
    assert relative_distance(unpacked(result["logits"]), logits) <= TOLERANCE
    assert relative_distance(unpacked(result["gradient"]), gradient) <= TOLERANCE


def test_an_affine_transform_equals_pytorchs(page: Page, network: Network) -> None:
    maps = random_affine(torch.Generator().manual_seed(3), 4, (96, 96), 9, 0.3, 30.0)
    image = torch.rand(1, 3, 96, 96, generator=torch.Generator().manual_seed(6))
    for map_ in maps:
        result = gradient_of(page, image, "fc8:9", map=packed(map_))
        logits, gradient = torch_gradient(network, image, "fc8:9", map_=map_)
        assert relative_distance(unpacked(result["logits"]), logits) <= TOLERANCE
        # Rounding can choose another maximum of a pooling window, which moves the gradient.
        assert relative_distance(unpacked(result["gradient"]), gradient) <= 100 * TOLERANCE


@pytest.mark.parametrize("text", WRITTEN)
def test_targets_are_those_of_recipes(page: Page, text: str) -> None:
    canonical = parse(text).canonical("compact")
    index = canonical.unit if canonical.layer == "fc8" else None
    assert page.evaluate("parsed", text) == [str(canonical), index]


@pytest.mark.parametrize(("text", "words"), WRONG)
def test_what_is_wrong_with_a_target_is_said_in_a_sentence(page: Page, text: str, words: str) -> None:
    message = page.evaluate("parsed", text)
    assert words in message
    assert message[-1] in ".?"
    assert page.evaluate("isTarget", text) == bool(text)


def test_no_name_of_a_class_is_taken_for_a_target(page: Page) -> None:
    names = [name for label in classes() for name in (label.name, *label.synonyms)]
    assert page.evaluate("names => names.filter(isTarget)", names) == []


def test_a_position_outside_of_the_map_is_an_error(page: Page) -> None:
    request = live_settings("smooth") | {"target": "conv3:7@9,0", "size": 160, "seed": 0}
    message = page.evaluate("failed", request)
    assert message == "A map of conv3 is 9 × 9 here: position 9,0 lies outside it."


@pytest.mark.parametrize(
    ("shape", "contrast_limit", "exceeded"),
    [
        *[((64, 64), 0, False), ((70, 99), 0, False), ((112, 128), 0, False), ((224, 224), 0, False)],
        *[((70, 99), 0.5, True), ((224, 224), 0.9, True), ((70, 99), 0.9, False)],
    ],
)
def test_the_fourier_parameterization_and_its_gradient_equal_pytorchs(
    page: Page, network: Network, shape: tuple[int, int], contrast_limit: float, exceeded: bool
) -> None:
    canvas = Canvas(3, *shape, network.normalize, network.normalize.inverse)
    params = fourier(1.3, sd=0.3, contrast=contrast_limit or math.inf)([torch.Generator().manual_seed(1)], canvas)
    coefficients = params.start.requires_grad_()
    picture = params.decode(coefficients)
    assert (picture.logit().std().item() == pytest.approx(contrast_limit, rel=TOLERANCE)) == exceeded
    gradient = torch.randn(picture.shape, generator=torch.Generator().manual_seed(2))
    (expected,) = torch.autograd.grad((picture * gradient).sum(), coefficients)
    request = {
        "height": shape[0],
        "width": shape[1],
        "decay_power": 1.3,
        "contrast_limit": contrast_limit,
        "coefficients": packed(coefficients),
        "gradient": packed(gradient),
    }
    result = page.evaluate("decodeFourier", request)
    assert relative_distance(unpacked(result["image"]), picture) <= TOLERANCE
    assert relative_distance(unpacked(result["gradient"]), expected) <= TOLERANCE


@pytest.mark.parametrize("limit", [0.0, 1.0, 3.0])
def test_the_penalty_is_weighted_and_limited_as_in_the_gallery(page: Page, limit: float) -> None:
    generator = torch.Generator().manual_seed(4)
    image = torch.rand(1, 3, 65, 80, generator=generator).requires_grad_()
    gradient = torch.randn(image.shape, generator=generator)
    picture, copy = split(image, 2)
    picture, copy = on_gradient(picture, normalize), on_gradient(copy, lambda grad: 0.25 * normalize(grad))
    penalty = excess_variation(copy, limit).sum()
    assert (penalty > 0) == (limit < 3)  # noise has a total variation of 2.3 standard deviations
    (expected,) = torch.autograd.grad((picture * gradient).sum() - penalty, image)
    shape = {"height": 65, "width": 80, "weight": 0.25, "limit": limit}
    result = page.evaluate("subtractExcessVariation", {**shape, "image": packed(image), "gradient": packed(gradient)})
    assert relative_distance(unpacked(result), expected) <= TOLERANCE


@pytest.mark.parametrize("target", [0, 1])
def test_the_margin_is_that_of_the_gallery(page: Page, target: int) -> None:
    """The second class leads."""
    logits = torch.tensor([[0.5, 8.0, -4.0]], requires_grad=True)
    (expected,) = torch.autograd.grad(margin(0.25)(logits)[0, target], logits)
    arguments = [target, 0.25, logits[0].tolist()]
    assert page.evaluate("parts => gradientOfMargin(...parts)", arguments) == expected[0].tolist()


@pytest.mark.parametrize("parameterization", ["fourier", "pixels"])
def test_a_picture_is_encoded_as_parameters(page: Page, parameterization: str) -> None:
    size = 72
    rgba = torch.randint(6, 250, (size, size, 4), generator=torch.Generator().manual_seed(8))
    request = {"size": size, "parameterization": parameterization, "rgba": rgba.flatten().tolist()}
    decoded = unpacked(page.evaluate("encodeAndDecode", request))
    expected = rgba[..., :3].permute(2, 0, 1) / 255
    assert (decoded.view(3, size, size) - expected).abs().max() <= 1e-4


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"excess_variation_limit": 10.0},  # the penalty never acts
        *({part: 0.0} for part in ("excess_variation_weight", "contrast_limit", "margin_weight", "gradient_window")),
        {"relu_leak": 0.3},
    ],
    ids=str,
)
def test_the_steps_equal_those_of_the_build(page: Page, network: Network, changes: dict[str, float]) -> None:
    """Of the default method, and of it with each of its parts changed. From some noise, rounding switches the maximum
    of a pooling window or the sign of a difference of neighbors, and trajectories diverge; other arithmetic would show
    from any. Near gray, where drawings start, rounding does so more often: this noise has the contrast of a drawing."""
    seeds = ({"steps": 8, "start_sd": 1.0, "seed": seed} for seed in range(5))
    assert any(steps_agree(page, network, fields, changes) for fields in seeds)


def steps_agree(page: Page, network: Network, fields: dict[str, float], changes: dict[str, float]) -> bool:
    """Whether the engine's activations are the build's, and not those without the changes."""
    recipe, default = live_recipe(network, 340, fields | changes), live_recipe(network, 340, fields)
    result = page.evaluate("optimized", live_request(recipe, network))
    drawings = {drawing.recipe: drawing for drawing in render([recipe, default], network)}
    if recipe != default:
        assert result["activations"] != pytest.approx(drawings[default].activations, rel=10 * TOLERANCE)
    return result["activations"] == pytest.approx(drawings[recipe].activations, rel=TOLERANCE)


def live_recipe(network: Network, index: int, changes: dict[str, float] | None = None) -> Recipe:
    fields = {"size": 128, "precision": "fp32", "jitter": 7, **(changes or {})}
    return compose("smooth", fields, network="compact", weights=network.weights, target=f"fc8:{index}")


def live_request(recipe: Recipe, network: Network) -> dict[str, Any]:
    """Return the engine's settings for a recipe, with the same noise and the same random transforms."""
    generator = torch.Generator().manual_seed(recipe.seed)
    size = (recipe.size, recipe.size)
    canvas = Canvas(3, *size, network.normalize, network.normalize.inverse)
    start = fourier(recipe.decay_power, recipe.decorrelate, recipe.start_sd)([generator], canvas).start
    maps = random_affine(generator, recipe.steps, size, recipe.jitter, recipe.scale, recipe.rotate)
    settings = {name: getattr(recipe, name) for name in LIVE_FIELDS}
    settings |= {"target": recipe.target, "size": recipe.size, "seed": 0}
    return settings | {"start": packed(start), "maps": packed(maps)}


@pytest.mark.parametrize("indices", smoke([[*CLASSES[3:5]], [*CLASSES]]), ids=["sample", "whole"])
def test_the_default_method_reaches_the_activation_of_the_build(
    page: Page, network: Network, indices: list[int]
) -> None:
    """From the same noise, with the same random transforms. Rounding makes trajectories diverge: PyTorch's own logits
    from starts that differ by a millionth have standard deviations of 0.7 to 5.6 % (four classes, six starts each)."""
    ratios = [activation_ratio(page, network, index) for index in indices]
    assert sum(ratios) / len(ratios) == pytest.approx(1, abs=2.5 * 0.03 / len(ratios) ** 0.5)
    assert ratios == pytest.approx([1] * len(ratios), abs=0.15)


@pytest.mark.parametrize("highest", ["conv3", "fc8"])
def test_the_features_of_a_picture_are_kept_as_in_the_build(page: Page, network: Network, highest: str) -> None:
    start = well_conditioned_image(network, 96, "conv3", seed=3)
    generator = torch.Generator().manual_seed(4)
    image = (start + 0.1 * torch.randn(start.shape, generator=generator)).requires_grad_()
    gradient = torch.randn(image.shape, generator=generator)
    forward = network.submodel(["conv3"], (96, 96), hooks=GradientHooks(relu=relu_leak(0.1)))
    penalty = feature_distance(lambda images: forward(network.normalize(images))["conv3"], start)
    (own,) = torch.autograd.grad(penalty(image).sum(), image)
    request = {"size": 96, "highest": highest, "start": packed(start), "image": packed(image)}
    request |= {"gradient": packed(gradient), "magnitude": 0.4, "relu_leak": 0.1}
    result = page.evaluate("subtractFeatureGradient", request)
    assert relative_distance(unpacked(result), gradient - 0.4 * normalize(own)) <= TOLERANCE


@pytest.mark.parametrize("target", ["fc8:292", "conv2:117"])
def test_a_picture_is_accentuated_as_in_the_build(page: Page, network: Network, target: str) -> None:
    """The penalty's first gradient is that of rounding errors, scaled up: from there on steps agree in part alone."""
    with Image.open(PHOTOGRAPH) as photograph:
        photo = photograph.convert("RGB").resize((128, 128))
    fields = {"size": 128, "precision": "fp32", "jitter": 7, "steps": 8} | accentuation("0" * 16, 0.4)
    recipe = compose("smooth", fields, network="compact", weights=network.weights, target=target)
    settings = {"feature_weight": 0.4, "feature_layer": recipe.feature_layer}
    request = live_request(recipe, network) | settings | {"picture": list(photo.convert("RGBA").tobytes())}
    result = page.evaluate("optimized", request)
    (drawing,) = render([recipe], network, starts={recipe.start: photo})
    assert result["activations"][0] == pytest.approx(drawing.activations[0], rel=10 * TOLERANCE)
    assert result["activations"] == pytest.approx(drawing.activations, rel=0.05, abs=0.1)
    loose = page.evaluate("optimized", request | {"feature_weight": 0})
    assert loose["activations"] != pytest.approx(result["activations"], rel=0.01)


def activation_ratio(page: Page, network: Network, index: int) -> float:
    """Return the logit of the engine's 8-bit drawing, divided by that of the build's."""
    recipe = live_recipe(network, index)
    result = page.evaluate("optimized", live_request(recipe, network))
    (drawing,) = render([recipe], network)
    picture = (unpacked(result["picture"]).view(1, 3, 128, 128).clamp(0, 1) * 255).round() / 255
    built = torch.from_numpy(np.asarray(drawing.image).copy()).permute(2, 0, 1)[None] / 255
    live_measures, built_measures = (measure(network, recipe.target, rgb) for rgb in (picture, built))
    assert live_measures.rank == built_measures.rank == 1
    return live_measures.activation / built_measures.activation


def test_plain_ascent_on_pixels_equals_the_equation(page: Page, network: Network) -> None:
    fields = {"size": 96, "precision": "fp32", "steps": 20, "step_size": 0.2}
    recipe = compose("plain", fields, network="compact", weights=network.weights, target="fc8:340")
    canvas = Canvas(3, 96, 96, network.normalize, network.normalize.inverse)
    start = pixels(recipe.start_sd)([torch.Generator().manual_seed(0)], canvas).start
    settings = {name: getattr(recipe, name) for name in LIVE_FIELDS}
    settings |= {"target": recipe.target, "size": 96, "seed": 0, "start": packed(start)}
    result = page.evaluate("optimized", settings)
    (drawing,) = render([recipe], network)
    assert result["activations"] == pytest.approx(drawing.activations, rel=0.02, abs=0.02)


@pytest.mark.parametrize("optimizer", ["ascent", "adam"])
def test_a_penalty_that_begins_changes_the_steps_little_by_little(page: Page, optimizer: str) -> None:
    """With plain ascent the gradient is not scaled: the step size keeps its meaning, whatever the penalty's weight."""
    settings = live_settings("plain") | {"target": "fc8:340", "size": 64, "seed": 0, "optimizer": optimizer}
    settings["start"] = packed(0.5 * torch.randn(3, 64, 64, generator=torch.Generator().manual_seed(0)))
    settings |= {"steps": 6, "step_size": {"ascent": 2.0, "adam": 0.03}[optimizer], "excess_variation_limit": 0.0}
    plain, begun, strong = (
        page.evaluate("optimized", settings | {"excess_variation_weight": weight}) for weight in (0.0, 1e-6, 0.9)
    )
    assert begun["activations"] == pytest.approx(plain["activations"], rel=0.02, abs=0.02)
    assert variation(strong) < variation(begun)


def variation(result: dict[str, Any]) -> float:
    """Return the total variation of a picture of 64 pixels."""
    picture = unpacked(result["picture"]).view(3, 64, 64)
    return sum(picture.diff(dim=axis).abs().sum().item() for axis in (1, 2))


@pytest.mark.parametrize(("size", "megabytes"), [(160, 9), (448, 72)])
def test_the_first_layer_needs_no_padding_of_its_output_channels(page: Page, size: int, megabytes: float) -> None:
    """Its backward pass is a matrix product without padding."""
    assert page.evaluate("bytesPrepared", size) <= megabytes * 1e6


def test_random_numbers_depend_on_the_seed(page: Page) -> None:
    def draws(seed: int) -> Any:
        return page.evaluate(
            "async (seed) => { const { random, normal } = await import('./optimize.js'); const uniform = random(seed);"
            " const gaussian = normal(uniform); return Array.from({ length: 4000 }, () => gaussian()); }",
            seed,
        )

    numbers = torch.tensor(draws(3))
    assert torch.equal(torch.tensor(draws(3)), numbers)
    assert not torch.equal(torch.tensor(draws(4)), numbers)
    assert abs(numbers.mean().item()) < 0.06
    assert abs(numbers.std().item() - 1) < 0.05


def test_settings_are_those_of_the_methods() -> None:
    for method in BENCH_METHODS:
        settings = live_settings(method)
        assert {name: settings[name] for name in METHODS[method] if name in LIVE_FIELDS}.items() <= METHODS[
            method
        ].items()


def test_the_engine_is_a_small_download() -> None:
    """A reader fetches one of the two modules, the kernels for the graphics processor if there is one, and the quiz on
    its page."""
    sent = {name: len(gzip.compress(published(engine.SOURCE.parent / name))) for name in ENGINE}
    modules = [sent.pop(module.name) for module in engine.MODULES]
    assert sum(sent.values()) + max(modules) <= 60 << 10
    for name in ("gpu.js", "shaders.js", "race.js", "quiz.js"):
        del sent[name]
    assert sum(sent.values()) + max(modules) <= 46 << 10


def test_every_file_of_the_engine_but_its_source_is_published() -> None:
    on_disk = {path.name for path in engine.SOURCE.parent.iterdir() if path.suffix not in (".c", ".h")}
    assert on_disk == set(ENGINE)

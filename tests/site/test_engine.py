"""The engine in a real browser, against PyTorch on the same weights and inputs."""

from __future__ import annotations

import base64
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from browsing import served
from torch import Tensor

from actmax.ascent.gradients import normalize, on_gradient, split
from actmax.ascent.gradients import relu_leak as leak
from actmax.ascent.params import Canvas, fourier
from actmax.ascent.params.pixels import pixels
from actmax.ascent.penalties import total_variation
from actmax.ascent.transforms import apply_affine, random_affine
from actmax.engine.render import render
from actmax.measure.measure import measure
from actmax.networks.hooks import GradientHooks
from actmax.networks.load import load
from actmax.networks.network import Network
from actmax.networks.weights import resolve_weights
from actmax.recipe import METHODS, compose
from gen.pages.live import ENGINE, weights
from gen.tools import engine

if TYPE_CHECKING:
    from playwright.sync_api import Page

CLASSES = (1, 130, 292, 340, 407, 555, 751, 980)
SIZES = (128, 224)
FAR = 1e-4
"""Of a result's length: float32 sums in another order."""

HARNESS = """
import { load, Waves, Pixels } from "./engine.js";
import { ascend } from "./ascent.js";
const bytes = async (name) => (await fetch(name)).arrayBuffer();
window.network = await load(await bytes("engine.wasm"), await bytes("weights"));
const unpacked = (text) => new Float32Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
const packed = (numbers) => {
  const bytes = new Uint8Array(new Float32Array(numbers).buffer);
  let text = "";
  for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
  return btoa(text);
};
const map = (numbers) => {
  if (!numbers) return 0;
  const at = network.room(6);
  network.floats(at, 6).set(unpacked(numbers));
  return at;
};
window.slopeOfLogit = ({ height, width, image, target, maps, leak }) => {
  network.prepare(height, width);
  network.image.set(unpacked(image));
  const at = map(maps);
  const logits = network.forward(at);
  network.backward(logits.map((_, i) => (i === target ? 1 : 0)), at, leak);
  return { logits: packed(logits), slope: packed(network.slope) };
};
window.waves = ({ height, width, decay, coefficients, slope }) => {
  network.prepare(height, width);
  const waves = new Waves(network, decay);
  waves.x.set(unpacked(coefficients));
  waves.paint();
  const picture = packed(network.image);
  network.slope.set(unpacked(slope));
  waves.paintBack();
  return { picture, slope: packed(waves.slope) };
};
window.penalized = ({ height, width, image, slope, weight }) => {
  network.prepare(height, width);
  network.image.set(unpacked(image));
  network.slope.set(unpacked(slope));
  network.engine.penalize(weight);
  return packed(network.slope);
};
window.startedFrom = ({ size, way, rgba }) => {
  network.prepare(size, size);
  network.take(Uint8ClampedArray.from(rgba));
  const x = way === "waves" ? new Waves(network, 1.3) : new Pixels(network);
  x.startFromPicture();
  network.image.fill(0);
  x.paint();
  return packed(network.image);
};
window.ascended = (settings) => {
  const activations = [];
  settings.start = unpacked(settings.start);
  settings.maps = settings.maps && unpacked(settings.maps);
  for (const event of ascend(network, settings)) if (event.logits) activations.push(event.logits[settings.target]);
  return { activations, picture: packed(network.image) };
};
window.ready = true;
"""


def packed(numbers: Tensor) -> str:
    return base64.b64encode(numbers.detach().float().contiguous().numpy().tobytes()).decode()


def unpacked(text: str) -> Tensor:
    return torch.from_numpy(np.frombuffer(base64.b64decode(text), dtype=np.float32).copy())


def apart(found: Tensor, wanted: Tensor) -> float:
    """As a part of what was wanted."""
    return ((found - wanted.detach().flatten()).norm() / wanted.norm()).item()


@pytest.fixture(scope="module")
def network() -> Network:
    return load(resolve_weights("compact"))


@pytest.fixture(scope="module")
def page(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page with the engine and its weights."""
    folder = tmp_path_factory.mktemp("engine")
    for name in ENGINE:
        (folder / name).write_bytes((engine.SOURCE.parent / name).read_bytes())
    (folder / "weights").write_bytes(weights().file.read_bytes())
    (folder / "index.html").write_text(f'<title>Engine</title><script type="module">{HARNESS}</script>', "utf-8")

    with served(folder) as address:
        page = browser.new_page()
        page.goto(f"{address}/")
        page.wait_for_function("window.ready")
        yield page
        page.close()


def test_the_module_is_what_its_source_compiles_to() -> None:
    if importlib.util.find_spec("ziglang") is None:
        pytest.skip("ziglang, which compiles the engine, is not installed")
    assert engine.compiled() == engine.MODULE.read_bytes(), "python -m gen compile, and commit engine.wasm"
    assert engine.MODULE.stat().st_size <= 64 << 10


@pytest.mark.parametrize("size", SIZES)
def test_logits_and_slope_are_pytorchs(page: Page, network: Network, size: int) -> None:
    for seed, target in enumerate(CLASSES):
        image = steady(network, size, target, seed)
        found = page.evaluate(
            "slopeOfLogit", {"height": size, "width": size, "image": packed(image), "target": target, "relu_leak": 0}
        )
        logits, slope = answered(network, image, target)
        assert apart(unpacked(found["logits"]), logits) <= FAR
        assert apart(unpacked(found["slope"]), slope) <= FAR


def steady(network: Network, size: int, target: int, seed: int) -> Tensor:
    """An image at which rounding decides about no unit: where one is all but off, or two all but tie for a maximum, no
    two ways to add up agree on the slope."""
    generator = torch.Generator().manual_seed(seed)
    while True:
        image = torch.rand(1, 3, size, size, generator=generator)
        _, slope = answered(network, image, target)
        shaken = (image * (1 + 1e-6 * torch.randn(image.shape, generator=generator)) for _ in range(3))
        if all(apart(answered(network, other, target)[1].flatten(), slope) <= FAR / 2 for other in shaken):
            return image


@pytest.mark.parametrize("shape", [(64, 64), (67, 101), (130, 91)])
def test_other_shapes_and_a_leak(page: Page, network: Network, shape: tuple[int, int]) -> None:
    height, width = shape
    image = torch.rand(1, 3, *shape, generator=torch.Generator().manual_seed(5))
    asked = {"height": height, "width": width, "image": packed(image), "target": 7, "relu_leak": 0.1}
    found = page.evaluate("slopeOfLogit", asked)
    logits, slope = answered(network, image, 7, relu_leak=0.1)
    assert apart(unpacked(found["logits"]), logits) <= FAR
    assert apart(unpacked(found["slope"]), slope) <= FAR


def test_a_view_is_the_same_view(page: Page, network: Network) -> None:
    maps = random_affine(torch.Generator().manual_seed(3), 4, (96, 96), 9, 0.3, 30.0)
    image = torch.rand(1, 3, 96, 96, generator=torch.Generator().manual_seed(6))
    for one in maps:
        asked = {"height": 96, "width": 96, "image": packed(image), "target": 9, "relu_leak": 0, "maps": packed(one)}
        found = page.evaluate("slopeOfLogit", asked)
        logits, slope = answered(network, image, 9, maps=one)
        assert apart(unpacked(found["logits"]), logits) <= FAR
        # Where two numbers tie for a maximum but for rounding, the slope takes another way.
        assert apart(unpacked(found["slope"]), slope) <= 100 * FAR


def answered(
    network: Network, image: Tensor, target: int, relu_leak: float = 0.0, maps: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    x = image.clone().requires_grad_()
    seen = network.normalize(x)
    if maps is not None:
        seen = apply_affine(maps[None], seen)
    size = (image.shape[2], image.shape[3])
    logits = network.submodel(["fc8"], size, hooks=GradientHooks(relu=leak(relu_leak)))(seen)["fc8"]
    (slope,) = torch.autograd.grad(logits[0, target], x)
    return logits.detach(), slope


@pytest.mark.parametrize("shape", [(64, 64), (70, 99), (112, 128), (224, 224)])
def test_waves_and_the_way_back_are_pytorchs(page: Page, network: Network, shape: tuple[int, int]) -> None:
    canvas = Canvas(3, *shape, network.normalize, network.normalize.inverse)
    params = fourier(1.3, sd=0.3)([torch.Generator().manual_seed(1)], canvas)
    coefficients = params.start.requires_grad_()
    picture = params.decode(coefficients)
    slope = torch.randn(picture.shape, generator=torch.Generator().manual_seed(2))
    (wanted,) = torch.autograd.grad((picture * slope).sum(), coefficients)
    asked = {
        "height": shape[0],
        "width": shape[1],
        "decay_power": 1.3,
        "coefficients": packed(coefficients),
        "slope": packed(slope),
    }
    found = page.evaluate("waves", asked)
    assert apart(unpacked(found["picture"]), picture) <= FAR
    assert apart(unpacked(found["slope"]), wanted) <= FAR


def test_the_penalty_is_weighed_as_in_the_gallery(page: Page) -> None:
    generator = torch.Generator().manual_seed(4)
    image = torch.rand(1, 3, 65, 80, generator=generator).requires_grad_()
    slope = torch.randn(image.shape, generator=generator)
    picture, copy = split(image, 2)
    picture, copy = on_gradient(picture, normalize), on_gradient(copy, lambda grad: 0.25 * normalize(grad))
    (wanted,) = torch.autograd.grad((picture * slope).sum() - total_variation(copy).sum(), image)
    asked = {"height": 65, "width": 80, "image": packed(image), "slope": packed(slope), "weight": 0.25}
    assert apart(unpacked(page.evaluate("penalized", asked)), wanted) <= FAR


@pytest.mark.parametrize("way", ["waves", "pixels"])
def test_an_ascent_can_start_from_a_picture(page: Page, way: str) -> None:
    size = 72
    rgba = torch.randint(6, 250, (size, size, 4), generator=torch.Generator().manual_seed(8))
    found = unpacked(page.evaluate("startedFrom", {"size": size, "way": way, "rgba": rgba.flatten().tolist()}))
    wanted = rgba[..., :3].permute(2, 0, 1) / 255
    assert (found.view(3, size, size) - wanted).abs().max() <= 1e-4


def test_the_default_method_climbs_as_high_as_the_build(page: Page, network: Network) -> None:
    """From the same noise, by the same views. In some steps an ascent forgets where it came from but for rounding, so
    that two pictures differ, and so a little does how loudly their class answers; on the whole it does not."""
    ratios = [height(page, network, index) for index in CLASSES]
    assert sum(ratios) / len(ratios) == pytest.approx(1, abs=0.02)
    assert ratios == pytest.approx([1] * len(ratios), abs=0.1)


def height(page: Page, network: Network, index: int) -> float:
    """The logit of the finished 8 bits, as a part of that of the build's."""
    fields = {"size": 128, "precision": "fp32", "jitter": 7}
    recipe = compose("smooth", fields, network="compact", weights=network.weights, target=f"fc8:{index}")
    generator = torch.Generator().manual_seed(recipe.seed)
    canvas = Canvas(3, 128, 128, network.normalize, network.normalize.inverse)
    start = fourier(recipe.decay_power, recipe.decorrelate, recipe.start_sd)([generator], canvas).start
    maps = random_affine(generator, recipe.steps, (128, 128), recipe.jitter, recipe.scale, recipe.rotate)
    same = (
        "steps",
        "optimizer",
        "anneal",
        "decay_power",
        "jitter",
        "scale",
        "rotate",
        "logsumexp_weight",
        "relu_leak",
        "gradient_window",
    )
    settings = {name: getattr(recipe, name) for name in same} | {
        "target": index,
        "size": 128,
        "seed": 0,
        "parameterization": "waves",
        "alpha": recipe.step_size,
        "sd": recipe.start_sd,
        "penalty": recipe.total_variation_weight,
        "start": packed(start),
        "maps": packed(maps),
    }
    found = page.evaluate("ascended", settings)
    (drawing,) = render([recipe], network)
    assert found["activations"][0] == pytest.approx(drawing.activations[0], rel=1e-4)
    picture = (unpacked(found["picture"]).view(1, 3, 128, 128).clamp(0, 1) * 255).round() / 255
    wanted = torch.from_numpy(np.asarray(drawing.image).copy()).permute(2, 0, 1)[None] / 255
    own, other = (measure(network, recipe.target, rgb) for rgb in (picture, wanted))
    assert own.rank == other.rank == 1
    return own.activation / other.activation


def test_plain_ascent_on_pixels_is_the_equation(page: Page, network: Network) -> None:
    steps, alpha = 20, 0.2
    fields = {"size": 96, "precision": "fp32", "steps": steps, "step_size": alpha}
    recipe = compose("plain", fields, network="compact", weights=network.weights, target="fc8:340")
    canvas = Canvas(3, 96, 96, network.normalize, network.normalize.inverse)
    start = pixels(recipe.start_sd)([torch.Generator().manual_seed(0)], canvas).start
    settings = {
        "target": 340,
        "size": 96,
        "seed": 0,
        "steps": steps,
        "parameterization": "pixels",
        "optimizer": "ascent",
        "alpha": alpha,
        "anneal": 0,
        "decay_power": 1,
        "sd": 0.01,
        "jitter": 0,
        "scale": 0,
        "rotate": 0,
        "penalty": 0,
        "logsumexp_weight": 0,
        "relu_leak": 0,
        "gradient_window": 0,
        "start": packed(start),
    }
    found = page.evaluate("ascended", settings)
    (drawing,) = render([recipe], network)
    assert found["activations"] == pytest.approx(drawing.activations, rel=0.02, abs=0.02)


def test_chance_is_seeded(page: Page) -> None:
    def draws(seed: int) -> Any:
        return page.evaluate(
            "async (seed) => { const { random, normal } = await import('./ascent.js'); const uniform = random(seed);"
            " const gauss = normal(uniform); return Array.from({ length: 4000 }, () => gauss()); }",
            seed,
        )

    one, same, other = draws(3), draws(3), draws(4)
    assert one == same
    assert one != other
    numbers = torch.tensor(one)
    assert abs(numbers.mean().item()) < 0.06
    assert abs(numbers.std().item() - 1) < 0.05


def test_the_script_knows_no_method_by_heart() -> None:
    """The settings of the two ways come from the recipes' presets."""
    from gen.pages.live import WAYS, _settings

    for way, method in WAYS.items():
        known = _settings(method)
        assert known["parameterization"] == way
        assert known["alpha"] == METHODS[method]["step_size"]


def test_what_is_fetched_is_small() -> None:
    import gzip

    sent = sum(len(gzip.compress((engine.SOURCE.parent / name).read_bytes())) for name in ENGINE)
    assert sent <= 60 << 10


def test_every_engine_file_is_published() -> None:
    on_disk = {path.name for path in Path(engine.SOURCE.parent).iterdir()} - {engine.SOURCE.name}
    assert on_disk == set(ENGINE)

"""Recipes become drawings: the same in every batch, with rising scores, by the arithmetic of their revision."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from nightly import pairs
from PIL import Image
from torch import nn

from actmax.ascent.penalties import channel_statistics_penalty, feature_distance
from actmax.engine.render import Drawing, frame_steps, render
from actmax.errors import RecipeError, UnknownNameError
from actmax.networks.cards import Card
from actmax.networks.load import load
from actmax.networks.network import IMAGENET, Network, Normalization
from actmax.networks.statistics import Statistics, statistics_of
from actmax.networks.weights import resolve_weights
from actmax.recipe import ALGORITHM, METHODS, Recipe, accentuation, compose


@pytest.fixture(scope="module")
def compact() -> Network:
    return load(resolve_weights("compact"))


@pytest.fixture
def tiny() -> Network:
    """Ten classes in float32, with weights that are a formula: no file and no random numbers."""
    module = nn.Sequential(
        nn.Conv2d(3, 8, 5, stride=2), nn.ReLU(), nn.Conv2d(8, 10, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten()
    )
    with torch.no_grad():
        for value in module.parameters():
            value.copy_(torch.sin(torch.arange(value.numel()) * 1.7).view_as(value) * 0.3)
    card = Card("tiny", "a tiny network", "wrapped", "Sequential", classes=10)
    return Network(module, card, "formula", IMAGENET, (64, 64))


def recipe(network: Network, target: str, method: str = "robust", **fields: Any) -> Recipe:
    chosen = {"size": 64, "steps": 6, **fields}
    return compose(method, chosen, network=network.card.name, weights=network.weights, target=target)


def drawn(recipes: list[Recipe], network: Network) -> list[Drawing]:
    """In the order of the recipes; :func:`render` yields what is finished first."""
    finished = {drawing.recipe: drawing for drawing in render(recipes, network)}
    return [finished[recipe] for recipe in recipes]


@pytest.mark.parametrize(
    ("steps", "frames"),
    [(1, [1]), (2, [1, 2]), (7, [1, 2, 5, 7]), (256, [1, 2, 5, 10, 20, 50, 100, 200, 256]), (10, [1, 2, 5, 10])],
)
def test_frames_are_kept_at_1_2_5_and_at_the_end(steps: int, frames: list[int]) -> None:
    assert frame_steps(steps) == frames


@pytest.mark.parametrize(
    ("method", "target"),
    pairs(METHODS, ["fc8:340", "conv5:12", "conv3:7@center", "conv1:5@3,4", "conv4", "fc6:3 - 0.5*fc6:9"]),
)
def test_the_score_rises_for_every_kind_of_target(compact: Network, target: str, method: str) -> None:
    # The penalty of the noise may outweigh a whole layer's activation, and a unit that sees 11 pixels may see others in
    # every step.
    strict = {"smooth": {"total_variation_weight": 0.1}, "mahendran": {"jitter": 0}}.get(method, {})
    (drawing,) = render([recipe(compact, target, method, steps=20, precision="fp32", **strict)], compact)
    first, last = drawing.activations[0], max(drawing.activations[-3:])
    assert last > first
    assert drawing.image.size == (64, 64)
    assert [step for step, _ in drawing.frames] == [1, 2, 5, 10, 20]


def test_an_image_on_a_smaller_canvas_is_enlarged_in_every_frame(compact: Network) -> None:
    (drawing,) = render([recipe(compact, "fc8:340", "smooth", size=96, canvas=64)], compact)
    (small,) = render([recipe(compact, "fc8:340", "smooth", size=64)], compact)
    assert {image.size for _, image in drawing.frames} == {(96, 96)}
    assert drawing.activations == small.activations
    enlarged = small.image.resize((96, 96), Image.Resampling.BICUBIC)
    assert np.array_equal(np.asarray(drawing.image), np.asarray(enlarged))


def test_the_margin_changes_the_ascent_of_a_class_and_not_its_score(compact: Network) -> None:
    without, against = drawn(
        [recipe(compact, "fc8:340", "smooth", steps=12, margin_weight=weight) for weight in (0.0, 0.5)], compact
    )
    assert against.activations[0] == without.activations[0]
    assert against.activations != without.activations


def test_the_statistics_penalty_moves_channels_towards_those_of_photographs(compact: Network) -> None:
    known = statistics_of(compact)
    forward = compact.submodel(tuple(known), (64, 64))
    penalty = channel_statistics_penalty(lambda images: forward(compact.normalize(images)), known)

    def distance(weight: float) -> float:
        fields = {"steps": 20, "statistics_weight": weight, "precision": "fp32"}
        (drawing,) = render([recipe(compact, "fc8:340", "statistics", **fields)], compact)
        return penalty(as_tensor(drawing.image)).item()

    assert distance(0.0) > 1.3 * distance(2.0)


def test_statistics_need_a_network_for_which_they_were_measured(tiny: Network) -> None:
    message = r"statistics of a tiny network's channels have not been measured\. Those of the compact AlexNet"
    with pytest.raises(RecipeError, match=message):
        list(render([recipe(tiny, "logits:4", "statistics")], tiny))


def test_the_l2_penalty_moves_each_value_by_its_weight_times_the_distance_from_gray() -> None:
    """Of a network of one corner, whose input is the image itself."""
    module = nn.Sequential(nn.ZeroPad2d((0, -60, 0, -60)), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    card = Card("corner", "a corner", "wrapped", "Sequential", mean=(0.0,) * 3, std=(1.0,) * 3, classes=3)
    network = Network(module, card, "none", Normalization((0.0,) * 3, (1.0,) * 3), (64, 64))
    fields = {"start": START, "step_size": 0.5, "steps": 2, "precision": "fp32"}
    for weight, factor in ((0.0, 1.0), (0.5, 0.75), (1.0, 0.5)):
        (drawing,) = render(
            [recipe(network, "logits:1", "simonyan", l2_weight=weight, **fields)],
            network,
            starts={START: Image.new("RGB", (64, 64), (255, 204, 51))},
        )
        for (_, image), times in zip(drawing.frames, (factor, factor**2), strict=True):
            expected = [255 * (0.5 + times * distance) for distance in (0.5, 0.3, -0.3)]
            assert np.asarray(image)[40, 40].tolist() == pytest.approx(expected, abs=0.51)


def test_a_penalty_on_total_variation_reduces_it(compact: Network) -> None:
    def variation(weight: float) -> float:
        (drawing,) = render([recipe(compact, "fc8:340", "smooth", steps=20, total_variation_weight=weight)], compact)
        pixels = np.asarray(drawing.image).astype(float)
        return float(np.abs(np.diff(pixels, axis=0)).mean() + np.abs(np.diff(pixels, axis=1)).mean())

    assert variation(0.0) > 1.1 * variation(0.3) > 1.2 * variation(1.0)


def test_seeds_make_different_drawings_of_one_class(compact: Network) -> None:
    first, other = drawn([recipe(compact, "fc8:340", seed=seed) for seed in (0, 1)], compact)
    assert np.asarray(first.image).tolist() != np.asarray(other.image).tolist()


def test_a_finished_batch_is_yielded_before_others_end(compact: Network) -> None:
    """A caller who stops then has it, and nothing more is computed."""
    done: list[int] = []
    endless = [recipe(compact, f"fc8:{index}", steps=100_000) for index in range(3)]
    drawings = render([recipe(compact, "fc8:340"), *endless], compact, done.append)
    assert next(drawings).recipe.steps == 6
    drawings.close()  # type: ignore[attr-defined]
    assert 6 <= sum(done) < 10_000


def test_the_requested_precision_is_executed(compact: Network) -> None:
    (drawing,) = render([recipe(compact, "fc8:1", precision="fp32")], compact)
    assert drawing.provenance.precision == "fp32"
    (drawing,) = render([recipe(compact, "fc8:1", precision="bf16")], compact)
    assert drawing.provenance.precision == "bf16"


def test_the_provenance_has_the_number_of_threads(compact: Network) -> None:
    before = torch.get_num_threads()
    try:
        for threads, words in ((1, ", 1 thread"), (3, ", 3 threads")):
            torch.set_num_threads(threads)
            (drawing,) = render([recipe(compact, "fc8:1", steps=1)], compact)
            assert drawing.provenance.threads == threads
            assert drawing.provenance.device.endswith(words)
    finally:
        torch.set_num_threads(before)


def test_a_recipe_for_another_network_is_refused(tiny: Network) -> None:
    other = compose("robust", network="compact", weights="x", target="fc8:1")
    with pytest.raises(RecipeError, match="for compact with weights x, not for tiny"):
        list(render([other], tiny))


@pytest.mark.parametrize(
    ("target", "error", "words"),
    [
        ("conv9:1", UnknownNameError, "Did you mean 'conv"),
        ("conv1:64", RecipeError, "64 channels"),
        ("conv1:0@99,0", RecipeError, "lies outside"),
    ],
)
def test_a_target_that_does_not_exist_is_refused(
    compact: Network, target: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        list(render([recipe(compact, target)], compact))


# Whether the class is predicted.


def test_a_class_wins_if_it_has_the_largest_logit_before_the_step(tiny: Network) -> None:
    """Against the equation itself, with a separate forward pass before each step."""
    classes = range(10)
    recipes = [
        recipe(tiny, f"logits:{index}", "plain", steps=12, precision="fp32", step_size=500.0) for index in classes
    ]
    expected = []
    for index, each in zip(classes, recipes, strict=True):
        noise = torch.randn(3, 64, 64, generator=torch.Generator().manual_seed(each.seed))
        x = IMAGENET(torch.full((1, 3, 1, 1), 0.5)) + each.start_sd * noise[None]
        wins = []
        for _ in range(each.steps):
            x = x.detach().requires_grad_()
            logits = tiny.logits(x)
            wins.append(logits.argmax().item() == index)
            (grad,) = torch.autograd.grad(logits[0, index], x)
            x = x + each.step_size * grad
        expected.append(tuple(wins))
    assert [drawing.wins for drawing in drawn(recipes, tiny)] == expected
    assert {False, True} <= {won for wins in expected for won in wins}
    assert any(not wins[0] and wins[-1] for wins in expected), "no class has to be won first"


@pytest.mark.parametrize("method", METHODS)
def test_the_predicted_class_wins_and_the_next_one_does_not(compact: Network, method: str) -> None:
    still = {"steps": 3, "start_sd": 0.0, "jitter": 0, "scale": 0.0, "rotate": 0.0, "step_size": 1e-9}
    still |= {"norm": 0.0, "l2_decay": 0.0, "blur": 0.0, "blur_anneal": False}  # whatever the step size
    still |= {"crop": 0.0, "crop_max": 0.0, "noise": 0.0}
    still |= {"precision": "fp32"} | ({"parameterization": "pixels"} if method == "plain" else {})
    (drawing,) = render([recipe(compact, "fc8:0", method, **still)], compact)
    first = compact.logits(IMAGENET(as_tensor(drawing.image))).argmax().item()
    found = drawn([recipe(compact, f"fc8:{unit}", method, **still) for unit in (first, (first + 1) % 1000)], compact)
    assert [drawing.wins for drawing in found] == [(True,) * 3, (False,) * 3]


def as_tensor(image: Image.Image) -> torch.Tensor:
    return torch.tensor(np.asarray(image)).permute(2, 0, 1)[None].float() / 255


@pytest.mark.parametrize("target", ["conv5:12", "fc6:3", "fc8", "fc8:340 - fc8:341"])
def test_only_a_class_can_win(compact: Network, target: str) -> None:
    (drawing,) = render([recipe(compact, target, steps=2)], compact)
    assert drawing.wins is None


@pytest.mark.parametrize("target", ["fc8:340", "logits:340"])
def test_there_is_a_prediction_before_each_step(compact: Network, target: str) -> None:
    for method in METHODS:
        (drawing,) = render([recipe(compact, target, method, steps=5)], compact)
        assert drawing.wins is not None
        assert len(drawing.wins) == len(drawing.activations) == 5


# The tiny network's gradients are small: with the usual α a plain drawing would stay gray.
LARGE_STEPS: dict[str, dict[str, float]] = {"plain": {"step_size": 500.0}}
GOLDEN: dict[int, dict[str, tuple[list[list[int]], list[float]]]] = {
    2: {
        "plain": ([[99, 134, 156], [158, 71, 87], [155, 220, 118], [127, 128, 127]], [0.261162, 0.257423, 2.37171]),
        "robust": ([[134, 125, 106], [108, 112, 135], [87, 81, 110], [179, 186, 158]], [0.261581, 0.271462, 0.290088]),
        "smooth": ([[140, 136, 141], [97, 123, 163], [77, 76, 102], [150, 149, 146]], [0.261581, 0.264281, 0.276666]),
        "erhan": ([[135, 137, 126], [175, 118, 86], [69, 183, 228], [123, 134, 138]], [0.237454, 0.501075, 2.38438]),
        "simonyan": ([[109, 150, 150], [122, 132, 134], [240, 88, 9], [128, 128, 128]], [0.261351, 0.392758, 1.68305]),
        "yosinski": (
            [[118, 132, 131], [120, 128, 135], [115, 125, 139], [123, 128, 136]],
            [0.216496, 0.494995, 0.8895],
        ),
        "mahendran": (
            [[137, 160, 119], [98, 85, 149], [125, 128, 130], [146, 93, 102]],
            [0.237825, 0.194736, 0.356885],
        ),
        "mei": ([[115, 150, 142], [69, 139, 187], [76, 129, 178], [117, 146, 143]], [0.224415, 0.337055, 0.684938]),
        "maco": ([[149, 151, 152], [115, 99, 150], [93, 133, 106], [81, 89, 70]], [0.229257, 0.242156, 0.278072]),
        "statistics": (
            [[111, 103, 98], [127, 144, 175], [86, 77, 128], [164, 160, 117]],
            [0.261581, 0.264876, 0.287908],
        ),
        "generator": ([[33, 165, 180], [5, 204, 246], [3, 232, 253], [25, 195, 220]], [0.261502, 0.526152, 0.642434]),
    }
}
"""By ``ALGORITHM`` and method: four pixels, and the scores before the first, third and last step."""
ACCENTUATED: dict[int, list[float]] = {2: [0.273444, 0.276423, 0.297162]}
"""The scores of a drawing from an image."""


@pytest.mark.parametrize("method", METHODS)
def test_the_arithmetic_is_that_of_its_revision(tiny: Network, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # No statistics of photographs were measured for the tiny network: those of its first layer are set.
    statistics = {"0": Statistics(torch.linspace(-1, 1, 16), torch.linspace(0.5, 1, 16))}
    monkeypatch.setattr("actmax.ascent.penalties.statistics_of", lambda _: statistics)
    fields = {"steps": 12, "precision": "fp32", "seed": 1, **LARGE_STEPS.get(method, {})}
    (drawing,) = render([recipe(tiny, "logits:4", method, **fields)], tiny)
    image = np.asarray(drawing.image).astype(int)
    found = [image[row, column].tolist() for row, column in [(0, 0), (31, 31), (10, 50), (63, 5)]]
    picked = [drawing.activations[step] for step in (0, 2, 11)]
    recorded = GOLDEN.get(ALGORITHM, {}).get(method)
    assert recorded, f"the method or ALGORITHM is new: record {(found, picked)} in GOLDEN"
    pixels, scores = recorded
    changed = "what a recipe draws has changed: raise ALGORITHM, and record the new figures here"
    assert np.abs(np.array(found) - np.array(pixels)).max() <= 1, f"{changed}: {found}"
    # The order of a sum's rounding moved `mei` by 0.3 % in 12 steps, and every other method by a millionth.
    assert picked == pytest.approx(scores, rel=1e-2 if method == "mei" else 1e-3), f"{changed}: {picked}"


def test_the_arithmetic_of_a_drawing_from_an_image_is_that_of_its_revision(tiny: Network) -> None:
    card = replace(tiny.card, layers={"first": "0"})
    named = Network(tiny._module, card, tiny.weights, tiny.normalize, tiny.size)
    fields = accentuation(START) | {"feature_layer": "first", "steps": 12, "precision": "fp32", "seed": 1}
    (drawing,) = render([recipe(named, "logits:4", "smooth", **fields)], named, starts={START: photo()})
    picked = [drawing.activations[step] for step in (0, 2, 11)]
    # Two processors, or two releases of torch, round to scores that are up to 0.4 % apart here.
    assert picked == pytest.approx(ACCENTUATED[ALGORITHM], rel=5e-3), f"raise ALGORITHM: {picked}"


# From an image.


START, OTHER = "0123456789abcdef", "fedcba9876543210"


def photo(seed: int = 0, size: tuple[int, int] = (64, 64)) -> Image.Image:
    """Smooth patches of color, within what Fourier coefficients can encode."""
    colors = np.random.default_rng(seed).integers(40, 216, (5, 5, 3), dtype=np.uint8)
    return Image.fromarray(colors).resize(size, Image.Resampling.BILINEAR)


def from_photo(network: Network, method: str, **fields: Any) -> Drawing:
    chosen = {"start": START, "precision": "fp32", **fields}
    (drawing,) = render(
        [recipe(network, "fc8:340", method, **chosen)], network, starts={START: photo(), OTHER: photo(1)}
    )
    return drawing


def difference(image: Image.Image, other: Image.Image) -> np.ndarray:
    return np.abs(np.asarray(image).astype(int) - np.asarray(other))


@pytest.mark.parametrize("method", ["plain", "robust"])
def test_a_start_that_is_not_changed_is_returned(compact: Network, method: str) -> None:
    drawing = from_photo(compact, method, step_size=1e-9, steps=2)
    assert difference(drawing.image, photo()).max() <= 1
    assert difference(from_photo(compact, method, step_size=1e-9, steps=2, start=OTHER).image, photo(1)).max() <= 1


def test_phases_resemble_their_start(compact: Network) -> None:
    noise = recipe(compact, "fc8:340", "maco", step_size=1e-9, steps=2, precision="fp32")
    (from_noise,) = render([noise], compact)
    kept = from_photo(compact, "maco", step_size=1e-9, steps=2).image
    assert difference(kept, photo()).mean() < 0.7 * difference(from_noise.image, photo()).mean()


def test_the_start_is_the_center_of_an_image_of_any_shape(compact: Network) -> None:
    wide = Image.new("RGB", (128, 64))
    wide.paste(photo(), (32, 0))
    wanted = recipe(compact, "fc8:340", "plain", start=START, step_size=1e-9, steps=1)
    (drawing,) = render([wanted], compact, starts={START: wide})
    assert difference(drawing.image, photo()).max() <= 1


def test_a_feature_weight_keeps_an_image_nearer_to_its_start_while_the_score_rises(compact: Network) -> None:
    forward = compact.submodel(["conv3"], (64, 64))
    distance = feature_distance(lambda images: forward(compact.normalize(images))["conv3"], as_tensor(photo()))

    def accentuated(weight: float) -> Drawing:
        return from_photo(compact, "smooth", **accentuation(START, weight), steps=20)

    free, held, tight = (accentuated(weight) for weight in (0.0, 0.5, 3.0))
    distances = [distance(as_tensor(drawing.image)).item() for drawing in (free, held, tight)]
    assert distances[0] > 1.2 * distances[1] > 1.4 * distances[2] > 0
    assert free.activations[0] == held.activations[0]
    for drawing in (free, held):
        assert max(drawing.activations[-3:]) > drawing.activations[0]


def test_a_start_that_is_not_given_is_refused(compact: Network) -> None:
    wanted = recipe(compact, "fc8:340", start=START)
    for starts in ({}, {OTHER: photo()}):
        with pytest.raises(RecipeError) as refusal:
            list(render([wanted], compact, starts=starts))
        assert str(refusal.value) == f"The recipe starts from an image that is not given: {START}."


def test_a_generator_cannot_start_from_an_image(compact: Network) -> None:
    with pytest.raises(RecipeError, match="a generator cannot start from an image"):
        from_photo(compact, "generator")
    unchecked = recipe(compact, "fc8:340", "generator").model_copy(update={"start": START})
    with pytest.raises(RecipeError, match="cannot start from an image: pixels, fourier, phase and pyramid can"):
        list(render([unchecked], compact, starts={START: photo()}))


# Where the gradient was.


def test_the_mask_is_white_where_the_gradient_was_and_black_elsewhere(compact: Network) -> None:
    (drawing,) = render([recipe(compact, "conv1:5@3,4", "plain", precision="fp32")], compact)
    assert drawing.gradient_magnitude is not None
    assert (drawing.gradient_magnitude.mode, drawing.gradient_magnitude.size) == ("L", (64, 64))
    mask = np.asarray(drawing.gradient_magnitude)
    # The receptive field is 11 × 11 pixels from row 4 · 3 - 2 and column 4 · 4 - 2 on; the blur adds two.
    assert (mask[8:23, 12:27] == 255).all()
    assert mask.astype(int).sum() == 15 * 15 * 255


def test_the_mask_is_as_large_as_the_image(compact: Network) -> None:
    (drawing,) = render([recipe(compact, "fc8:340", "smooth", size=96, canvas=64)], compact)
    assert drawing.gradient_magnitude is not None
    assert drawing.gradient_magnitude.size == drawing.image.size == (96, 96)
    counts = np.bincount(np.asarray(drawing.gradient_magnitude).ravel(), minlength=256) / 96**2
    assert counts[0] == pytest.approx(0.5, abs=0.1)
    assert counts[255] == pytest.approx(0.1, abs=0.05)


# Facets of a class.


def test_each_facet_of_a_class_makes_another_drawing(compact: Network) -> None:
    wanted = [recipe(compact, "fc8:340", "smooth", facets=3, facet=facet, steps=12) for facet in range(3)]
    whole = recipe(compact, "fc8:340", "smooth", steps=12)
    *facets, usual = drawn([*wanted, whole], compact)
    images = {drawing.image.tobytes() for drawing in (*facets, usual)}
    assert len(images) == 4
    for drawing in facets:
        assert drawing.activations[0] == pytest.approx(usual.activations[0], rel=0.02)  # the score is the logit
        assert max(drawing.activations[-3:]) > drawing.activations[0]


def test_facets_need_a_named_hidden_layer_and_a_class(compact: Network, tiny: Network) -> None:
    with pytest.raises(RecipeError, match=r"facets: a tiny network has no last hidden layer that is known by name; Al"):
        list(render([recipe(tiny, "logits:4", facets=2)], tiny))
    with pytest.raises(RecipeError, match=r"facets belong to a class, not to 'conv5:12'"):
        recipe(compact, "conv5:12", facets=2)


# Linear layers, and bfloat16.


@pytest.fixture
def tiny_linear() -> Network:
    """The same with a head of two linear layers."""
    module = nn.Sequential(
        nn.Conv2d(3, 8, 5, stride=2),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        nn.Linear(32, 16),
        nn.ReLU(),
        nn.Linear(16, 10),
    )
    with torch.no_grad():
        for value in module.parameters():
            value.copy_(torch.sin(torch.arange(value.numel()) * 1.7).view_as(value) * 0.3)
    return Network(module, Card("tiny", "a tiny network", "wrapped", "Sequential", classes=10), "f", IMAGENET, (64, 64))


LINEAR: dict[int, dict[str, list[float]]] = {
    2: {"fp32": [0.0273082, 0.0379595, 0.0684753], "bf16": [0.0273, 0.0381, 0.0679]}
}
"""By ``ALGORITHM`` and precision: the scores before the first, third and last step."""


@pytest.mark.parametrize(("precision", "tolerance"), [("fp32", 1e-3), ("bf16", 0.05)])
def test_the_arithmetic_of_linear_layers_is_that_of_its_revision(
    tiny_linear: Network, precision: str, tolerance: float
) -> None:
    (drawing,) = render([recipe(tiny_linear, "logits:4", steps=12, precision=precision, seed=1)], tiny_linear)
    picked = [drawing.activations[step] for step in (0, 2, 11)]
    assert picked == pytest.approx(LINEAR[ALGORITHM][precision], rel=tolerance), f"raise ALGORITHM: {picked}"


def test_the_callers_settings_of_torch_change_no_drawing_and_are_restored(compact: Network) -> None:
    wanted = recipe(compact, "fc8:340", precision="fp32")
    (usual,) = render([wanted], compact)
    cudnn = torch.backends.cudnn
    before = (cudnn.deterministic, cudnn.benchmark, cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32)
    torch.set_default_dtype(torch.float64)
    torch.set_float32_matmul_precision("medium")
    try:
        with torch.autocast("cpu", torch.bfloat16), torch.no_grad():
            (other,) = render([wanted], compact)
        assert torch.get_default_dtype() == torch.float64
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_float32_matmul_precision("highest")
    assert other.activations == usual.activations
    assert np.array_equal(np.asarray(other.image), np.asarray(usual.image))
    after = (cudnn.deterministic, cudnn.benchmark, cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32)
    assert after == before


def test_values_that_are_not_finite_are_refused(compact: Network) -> None:
    with pytest.raises(RecipeError, match="left the finite numbers in step 1"):
        list(render([recipe(compact, "fc8:1", "plain", start_sd=1e38)], compact))

"""An argument of a wrong kind is refused in a sentence, before anything is drawn: never by torch or by Python."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torchvision import transforms as tv

import actmax
from actmax import constraints, gradients, objectives, optimizers, params, penalties, transforms
from actmax.errors import ActmaxError
from actmax.networks.network import Network


@pytest.fixture(scope="module")
def module() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3))


@pytest.fixture(scope="module")
def network(module: nn.Module) -> Network:
    return actmax.wrap(module, size=16, labels=["cat", "dog", "owl"])


PARTS: list[tuple[dict[str, Any], str]] = [
    ({"steps": 2.0}, "steps must be a whole number, not 2.0"),
    ({"steps": "2"}, "steps must be a whole number, not '2'"),
    ({"views": 1.5}, "views must be a whole number, not 1.5"),
    ({"params": params.fourier}, "params has fourier, which makes such a part: call it, fourier(…)"),
    ({"params": "fourier"}, "params takes functions, such as those of actmax.params, not 'fourier'"),
    ({"optimizer": "adam"}, "optimizer takes functions, such as those of actmax.optimizers, not 'adam'"),
    ({"optimizer": actmax.optimizers.adam}, "optimizer has adam, which makes such a part: call it, adam(…)"),
    ({"optimizer": torch.optim.Adam([torch.zeros(1)])}, "optimizer takes functions"),
    ({"transforms": transforms.jitter(4)}, "transforms is a list, such as transforms=[…], not affine(jitter=4"),
    ({"transforms": [transforms.jitter]}, "transforms has jitter, which makes such a part: call it, jitter(…)"),
    ({"transforms": [tv.RandomAffine]}, "transforms has RandomAffine, which makes such a part"),
    ({"transforms": [3]}, "transforms takes functions, such as those of actmax.transforms, not 3"),
    ({"gradients": gradients.relu_leak(0.1)}, "gradients is a list, such as gradients=[…], not relu_leak(leak=0.1)"),
    ({"gradients": [gradients.relu_leak]}, "gradients has relu_leak, which makes such a part"),
    ({"constraints": "clip"}, "constraints is a list, such as constraints=[…], not 'clip'"),
    ({"penalties": [penalties.total_variation]}, "penalties is a list of weights and penalties, such as"),
    ({"penalties": penalties.total_variation}, "penalties is a list, such as penalties=[…], not total_variation"),
    ({"relative_penalties": [("a", penalties.total_variation)]}, "relative_penalties is a list of weights and"),
    ({"params": lambda canvas: canvas}, "params has <lambda>, which must be a function of the random generators and"),
    ({"optimizer": lambda: None}, "optimizer has <lambda>, which must be a function of the views and the parameters"),
    ({"transforms": [lambda: None]}, "transforms has <lambda>, which must be a function of images"),
    ({"constraints": [lambda x: x]}, "constraints has <lambda>, which must be a function of the parameters, the step"),
    ({"gradients": [lambda x, y: x]}, "gradients has <lambda>, which must be a function of the gradient"),
    ({"penalties": [(1.0, penalties.excess_variation)]}, "penalties has excess_variation, which must be a function of"),
    ({"relative_penalties": [(1.0, 2.0)]}, "relative_penalties takes functions, such as those of actmax.penalties"),
]


@pytest.mark.parametrize(("parts", "words"), PARTS, ids=[words[:50] for _, words in PARTS])
def test_a_part_of_a_method_that_is_none_is_refused(parts: dict[str, Any], words: str) -> None:
    with pytest.raises(ActmaxError) as refusal:
        actmax.Method(**parts)
    assert words in str(refusal.value)
    assert str(refusal.value).isprintable()


MAKERS: list[tuple[Callable[[Any], Any], Any, str]] = [
    (
        transforms.rotate,
        range(-5, 6),
        "rotate: degrees must be a number, not range(-5, 6). Rotate by up to",
    ),
    (
        transforms.scale,
        [0.9, 1.1],
        "scale: part must be a number, not [0.9, 1.1]. Change the size by up to this part of",
    ),
    (
        transforms.jitter,
        "a",
        "jitter: pixels must be a whole number, not 'a'",
    ),
    (transforms.jitter, 1.5, "jitter: pixels must be a whole number, not 1.5"),
    (transforms.affine, "a", "affine: jitter must be a whole number, not 'a'"),
    (transforms.random_crop, "a", "random_crop: part must be a number, not 'a'"),
    (lambda largest: transforms.random_crop(0.5, largest), "a", "random_crop: largest must be a number, not 'a'"),
    (transforms.pad, "a", "pad: pixels must be a whole number, not 'a'"),
    (transforms.noise, None, "noise: sd must be a number, not None"),
    (params.pixels, "a", "pixels: sd must be a number, not 'a'"),
    (transforms.rotate, float("inf"), "rotate: degrees must be at most 1e+38, not inf"),
    (lambda size: transforms.random_crop(0.5, None, size), 8, "random_crop: size must be two whole numbers, such as"),
    (lambda size: transforms.random_crop(0.5, None, size), (8, 0), "random_crop: size must be at least 1, not 0"),
    (params.pixels, float("nan"), "pixels: sd must be a number, not nan"),
    (params.fourier, "a", "fourier: decay_power must be a number, not 'a'"),
    (params.pyramid, 0, "pyramid: levels must be at least 1, not 0"),
    (params.cppn, [8], "cppn: layers must be a whole number, not [8]."),
    (params.cppn, 0, "cppn: layers must be at least 1, not 0"),
    (lambda code: params.learned(torch.tanh, code), 0, "learned: code must be at least 1, not 0"),
    (lambda decode: params.learned(decode, 2), "a", "learned: decode must be a function of one argument, not 'a'"),
    (optimizers.adam, "a", "adam: rate must be a number, not 'a'"),
    (lambda anneal: optimizers.adam(0.1, anneal), 2, "adam: anneal must be at most 1, not 2"),
    (optimizers.gradient_ascent, [1], "gradient_ascent: alpha must be a number, not [1]"),
    (optimizers.from_torch, "adam", "from_torch: factory must be a function of one argument, not 'adam'"),
    (constraints.norm, "a", "norm: rms must be a number, not 'a'"),
    (constraints.clip_norm, 2, "clip_norm: part must be at most 1, not 2"),
    (lambda every: constraints.blur(1.0, every), 0, "blur: every must be at least 1, not 0"),
    (constraints.bounded, True, "bounded: largest must be a number, not True"),
    (gradients.relu_leak, "a", "relu_leak: leak must be a number, not 'a'"),
    (gradients.blur, "a", "blur: sd must be a number, not 'a'"),
    (gradients.facet, 0, "facet: facets must be at least 1, not 0"),
    (lambda power: objectives.direction("0", [1.0], power), "a", "direction: cosine_power must be a number, not 'a'"),
    (lambda decay: objectives.alignment("0", decay), "a", "alignment: decay must be a number, not 'a'"),
]


@pytest.mark.parametrize(("make", "value", "words"), MAKERS, ids=[words[:30] for *_, words in MAKERS])
def test_a_number_of_a_part_that_is_none_is_refused_at_once(make: Callable[[Any], Any], value: Any, words: str) -> None:
    with pytest.raises(ActmaxError) as refusal:
        make(value)
    assert words in str(refusal.value)


@pytest.mark.parametrize("part", ["transforms", "params", "optimizers", "constraints", "gradients"])
def test_every_number_of_a_part_is_checked(part: str) -> None:
    for name in dir(getattr(actmax, part)):
        make = getattr(getattr(actmax, part), name)
        parameters = inspect.signature(make).parameters.values()
        if any(str(parameter.annotation).split(" ")[0] in ("Tensor", "Callable") for parameter in parameters):
            continue  # no maker
        for parameter in parameters:
            if parameter.annotation.removesuffix(" | None") in ("int", "float"):
                others = {other.name: 0.5 for other in parameters if other.default is other.empty}
                with pytest.raises(ActmaxError, match=" must be a "):
                    make(**others | {parameter.name: "a"})


def test_numbers_of_numpy_and_torch_are_taken() -> None:
    assert transforms.jitter(np.int64(4)) == transforms.jitter(4)  # type: ignore[arg-type]
    for number in (np.float32(0.5), torch.tensor(0.5)):
        x, _ = next(optimizers.gradient_ascent(number)([lambda x: x.square().sum(1)], torch.tensor([[1.0]])))  # type: ignore[arg-type]
        assert x.tolist() == [[2.0]]
        assert transforms.random_crop(number).largest is None  # type: ignore[arg-type]


def test_every_part_of_this_package_is_accepted() -> None:
    for name in actmax.METHODS:
        assert actmax.method(name).steps
    own = actmax.Method(
        params=lambda _, canvas: params.pixels()(_, canvas),
        optimizer=torch.optim.Adam,
        steps=np.int64(2),  # type: ignore[arg-type]
        transforms=(transforms.pad(2), tv.RandomHorizontalFlip(), lambda images: images),
        penalties=[(1, penalties.total_variation), (0.5, lambda images: images.mean((1, 2, 3)))],
        relative_penalties=[(0.1, penalties.ChannelStatistics())],
        constraints=[lambda x, *_: x],
        gradients=[gradients.relu_leak(0.1), gradients.normalize, torch.neg, lambda gradient: gradient],
    )
    assert own.steps == 2


ARGUMENTS: list[tuple[dict[str, Any], str]] = [
    ({"method": {"steps": 2}}, "A method is actmax.method(name, …), actmax.Method(…) or a name, not {'steps': 2}"),
    ({"method": actmax.Method}, "A method is actmax.method(name, …)"),
    ({"method": 3}, "A method is actmax.method(name, …)"),
    ({"method": actmax.compose("robust", network="", weights="", target="logits:0")}, "drawn by actmax.render_files"),
    ({"method": actmax.Method(precision=[])}, "precision is []. Allowed: auto, bf16, fp32"),  # type: ignore[arg-type]
    ({"method": "smoth"}, "There is no method 'smoth'. Did you mean 'smooth'?"),
    ({"seeds": 3}, "seeds is a list of whole numbers, such as seeds=[3], not 3"),
    ({"seeds": [1.5]}, "Each of seeds must be a whole number, not 1.5"),
    ({"seeds": "12"}, "seeds is a list of whole numbers"),
    ({"n": 1.5}, "n must be a whole number, not 1.5"),
    ({"n": 0}, "There is nothing to optimize"),
    ({"frames": 2}, "frames is a list of whole numbers"),
    ({"callback": lambda: None}, "callback is a function that is given the state after each step, not <function"),
    ({"objective": lambda: None}, "or a function of the layers' outputs, not <function"),
    ({"objective": objectives.channel}, "or a function of the layers' outputs, not <function channel"),
    ({"callback": 3}, "callback is a function that is given the state after each step, not 3"),
    ({"frames": [0]}, "Each of frames must be at least 1, not 0"),
    ({"frames": [1, 100]}, "Each of frames must be at most 1, not 100"),
    ({"seeds": [2**70]}, "Each of seeds must be at most 18446744073709551615, not 1180591620717411303424"),
    ({"seeds": [-(2**64)]}, "Each of seeds must be at least -9223372036854775808, not -18446744073709551616"),
    ({"n": True}, "n must be a whole number, not True"),
    ({"size": 96.0}, "size must be a whole number, not 96.0"),
    ({"size": True}, "size must be a whole number, not True"),
    ({"size": -5}, "size must be at least 1, not -5"),
    ({"size": (16, 0)}, "size must be at least 1, not 0"),
    ({"size": 10**6}, "size must be at most 51380224 pixels in all, not 1000000 × 1000000"),
    ({"device": 1.5}, "device is '1.5', which cannot be used here"),
    ({"start": np.zeros((16, 16, 3))}, "A start is an image, a file or a tensor, not array([[[0., 0., 0.], "),
]


@pytest.mark.parametrize(("arguments", "words"), ARGUMENTS, ids=[words[:50] for _, words in ARGUMENTS])
def test_an_argument_of_a_wrong_kind_is_refused(network: Network, arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ActmaxError) as refusal:
        actmax.ascend(network, **{"objective": "owl", "method": actmax.method("plain", steps=1)} | arguments)
    assert words in str(refusal.value)
    assert str(refusal.value).isprintable()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"cells": 0}, "cells must be at least 1, not 0"),
        ({"cells": "2"}, "cells must be a whole number, not '2'"),
        ({"layer": ["0"]}, "layer must be a name, not ['0']"),
        ({"size": (8, 8)}, "size must be a whole number, not (8, 8)"),
        ({"size": 0}, "size must be at least 1, not 0"),
        ({"image": torch.full((3, 16, 16), 255.0)}, "must be in 0…1, or of uint8 in 0…255, not in 255…255"),
    ],
)
def test_an_argument_of_a_grid_that_is_none_is_refused(network: Network, arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ActmaxError) as refusal:
        actmax.grid(**{"network": network, "image": torch.zeros(3, 16, 16), "layer": "0"} | arguments)
    assert words in str(refusal.value)


def test_whole_numbers_of_numpy_are_taken(network: Network) -> None:
    method = actmax.method("plain", steps=2)
    result = actmax.ascend(network, "owl", method, seeds=np.arange(2), size=np.int64(32), frames=np.array([1]))  # type: ignore[arg-type]
    assert result.values.shape == (2, 3, 32, 32)
    assert list(result.frames) == [1]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda _: actmax.ascend("compact", "zebra"), "'compact' is not loaded yet: give actmax.load('compact')."),  # type: ignore[arg-type]
        (lambda module: actmax.ascend(module, "zebra"), "A module has to be wrapped first: actmax.wrap(module"),
        (
            lambda _: actmax.grid(None, "cat.jpg", "0"),
            "A network comes from actmax.load or actmax.wrap, and is not None",
        ),  # type: ignore[arg-type]
        (lambda module: actmax.load(module), "A module is there already: wrap it"),
        (lambda _: actmax.load(3), "A network has a name, such as 'compact', not 3"),  # type: ignore[arg-type]
        (lambda _: actmax.card(None), "A network has a name, such as 'compact', not None"),  # type: ignore[arg-type]
        (lambda _: actmax.method(3), "There is no method 3. Allowed: erhan, "),  # type: ignore[arg-type]
        (lambda module: actmax.wrap(module, channels=0), "channels must be a whole number from 1 on, not 0"),
        (lambda module: actmax.wrap(module, mean=float("nan")), "must be 3 numbers each"),
    ],
)
def test_a_network_of_a_wrong_kind_is_refused(call: Callable[[nn.Module], Any], words: str, module: nn.Module) -> None:
    with pytest.raises(ActmaxError) as refusal:
        call(module)
    assert words in str(refusal.value)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: objectives.logit("cat"), "index must be a whole number, not 'cat'"),  # type: ignore[arg-type]
        (lambda: objectives.logit(-1), "index must be at least 0, not -1"),
        (lambda: objectives.logit(True), "index must be a whole number, not True"),
        (lambda: objectives.logit(3), "logits has 3 channels: 3 is not one of 0…2"),
        (lambda: objectives.channel("0", "2"), "channel must be a whole number, not '2'"),  # type: ignore[arg-type]
        (lambda: objectives.channel("0", 2.0), "channel must be a whole number, not 2.0"),  # type: ignore[arg-type]
        (lambda: objectives.channel("0", -99), "channel must be at least 0, not -99"),
        (lambda: objectives.channel(["0"], 1), "channel: layer must be a name, not ['0']"),  # type: ignore[arg-type]
        (lambda: objectives.unit("0", -1), "channel must be at least 0, not -1"),
        (lambda: objectives.unit("0", 2, 1), "position must be two whole numbers, such as (3, 7), not 1"),  # type: ignore[arg-type]
        (lambda: objectives.unit("0", 2, (1,)), "position must be two whole numbers, such as (3, 7), not (1,)"),  # type: ignore[arg-type]
        (lambda: objectives.unit("0", 2, ()), "position must be two whole numbers"),  # type: ignore[arg-type]
        (lambda: objectives.unit("0", 2, (1.5, 1)), "position must be a whole number, not 1.5"),  # type: ignore[arg-type]
        (lambda: objectives.unit("0", 2, (0, -1)), "position must be at least 0, not -1"),
        (lambda: objectives.direction("0", "a"), "vector must be a tensor, an array or a list of numbers, not 'a'"),
        (lambda: objectives.cosine("0", 1.0), "vector must be a tensor, an array or a list of numbers, not 1.0"),
        (lambda: objectives.direction("0", [[1.0], 2.0]), "vector must be a tensor, an array or a list of numbers"),  # type: ignore[list-item]
        (lambda: objectives.direction("0", [1.0] * 8), "a vector of shape (8,) is no direction among them"),
        (lambda: objectives.logit(0) + "0:1", "can be added to another or to a number, not to '0:1'. A target of"),  # type: ignore[operator]
        (lambda: objectives.logit(0) + (lambda: 0), "can be added to another or to a number, not to <function"),  # type: ignore[operator, arg-type, misc]
        (lambda: objectives.sorted_activations([1]), "photographs must be a dictionary by name, not [1]"),  # type: ignore[arg-type]
        (lambda: objectives.sorted_activations({"0": 1}), "these are tensors by name, not {'0': 1}"),  # type: ignore[dict-item]
        (lambda: objectives.sorted_activations({}), "these are tensors by name, not {}"),
        (lambda: "0:1" - objectives.logit(0), "can be added to another or to a number, not to '0:1'"),  # type: ignore[operator]
        (lambda: objectives.logit(0) - None, "can be added to another or to a number, not to None"),  # type: ignore[operator]
        (lambda: objectives.logit(0) * "2", "An objective can be multiplied by a number, not by '2'"),  # type: ignore[operator]
        (lambda: objectives.logit(0) * objectives.logit(1), "can be multiplied by a number, not by Objective(func"),  # type: ignore[operator]
        (lambda: objectives.logit(0) / "2", "An objective can be divided by a number, not by '2'"),  # type: ignore[operator]
        (lambda: objectives.logit(0) / 0, "An objective cannot be divided by 0"),
        (lambda: objectives.unit("0", 2, (0, 99)), "0 is 14 × 14 here: '0:2@0,99' lies outside it"),
    ],
)
def test_an_objective_of_what_is_not_there_is_refused(network: Network, make: Callable[[], Any], words: str) -> None:
    with pytest.raises(ActmaxError) as refusal:
        actmax.ascend(network, make(), actmax.method("plain", steps=1))
    assert words in str(refusal.value)


def test_whole_numbers_of_numpy_name_a_unit() -> None:
    maps = torch.arange(8.0).view(1, 2, 2, 2)
    assert objectives.unit("0", np.int64(1), np.array([0, 1]))({"0": maps}).tolist() == [5.0]  # type: ignore[arg-type]


def test_an_objective_that_is_not_finite_is_told_from_too_large_a_step(network: Network) -> None:
    method = actmax.method("plain", steps=2)
    with pytest.raises(ActmaxError, match="in step 1: the objective itself is not finite for the image at the start"):
        actmax.ascend(network, lambda outputs: outputs["logits"][:, 0] * float("nan"), method)


def test_a_store_may_be_named_by_text(tmp_path: Any) -> None:
    store = actmax.Store(str(tmp_path / "store"))
    store.set_note("a", {"b": 1})
    assert store.note("a") == {"b": 1}

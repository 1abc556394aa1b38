"""The public names of the core: typed, documented with an example that runs, and found by completion."""

from __future__ import annotations

import doctest
import importlib
import inspect
import subprocess
import sys
from typing import Any

import pytest

import actmax

PARTS = ("constraints", "gradients", "objectives", "optimizers", "params", "penalties", "transforms")
NAMES = [(part, name) for part in PARTS for name in dir(getattr(actmax, part))]


def examples(item: Any, name: str) -> list[doctest.DocTest]:
    module = importlib.import_module(item.__module__)
    finder = doctest.DocTestFinder(recurse=inspect.isclass(item))
    return [test for test in finder.find(item, name, module, vars(module)) if test.examples]


def test_the_parts_and_their_names_are_found_by_completion() -> None:
    assert {*PARTS, "ascend", "grid", "method", "methods", "Method", "Result", "Step"} <= set(dir(actmax))
    expected = {
        "objectives": {
            *("channel", "unit", "logit", "direction", "cosine", "layer"),
            *("diversity", "alignment", "sorted_activations"),
        },
        "params": {"pixels", "fourier", "phase", "generator", "learned", "pyramid", "cppn"},
        "transforms": {"jitter", "scale", "rotate", "affine", "random_crop", "pad", "noise"},
        "gradients": {
            *("relu_leak", "margin", "facet", "window"),
            *("blur", "frequency_decay", "normalize", "on_gradient"),
        },
        "penalties": {
            *("l2_penalty", "total_variation", "anisotropic_total_variation", "excess_variation"),
            *("feature_distance", "FeatureDistance", "channel_statistics_penalty", "ChannelStatistics"),
        },
        "constraints": {
            *("norm", "l2_decay", "blur", "clip", "clip_norm", "clip_contribution"),
            *("bounded", "bound_color"),
        },
        "optimizers": {"adam", "gradient_ascent", "from_torch"},
    }
    for part, names in expected.items():
        assert set(dir(getattr(actmax, part))) == names
    assert set(dir(actmax.methods)) == {*actmax.METHODS, "method"}


@pytest.mark.parametrize(("part", "name"), NAMES)
def test_a_public_name_has_types_and_an_example_that_runs(part: str, name: str) -> None:
    item = getattr(getattr(actmax, part), name)
    parameters = inspect.signature(item).parameters.values()
    assert all(parameter.annotation is not parameter.empty for parameter in parameters)
    run = doctest.DocTestRunner()
    tests = examples(item, name)
    assert tests, f"{part}.{name} has no example"
    assert [run.run(test).failed for test in tests] == [0] * len(tests)


@pytest.mark.parametrize("name", ["Method", "ascend", "compose", "grid", "method", "optimize"])
def test_the_verbs_have_an_example_that_runs(name: str) -> None:
    tests = examples(getattr(actmax, name), name)
    run = doctest.DocTestRunner()
    assert tests
    assert sum(run.run(test).failed for test in tests) == 0


def test_ascend_has_at_most_ten_parameters() -> None:
    assert len(inspect.signature(actmax.ascend).parameters) <= 10


def test_named_methods_are_attributes() -> None:
    assert actmax.methods.robust.steps == actmax.method("robust").steps == 256
    with pytest.raises(AttributeError, match="has no attribute 'robst'"):
        _ = actmax.methods.robst
    with pytest.raises(actmax.ActmaxError, match="Did you mean 'robust'"):
        actmax.method("robst")


def test_no_torch_is_imported_with_the_package_or_with_a_recipe() -> None:
    code = "import actmax, sys; dir(actmax); actmax.compose; actmax.Recipe; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"

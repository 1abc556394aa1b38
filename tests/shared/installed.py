"""Packages that may be absent: hosts of a site, and networks' weights, which the extra ``development`` installs."""

from __future__ import annotations

import importlib.util

import pytest

from actmax.errors import WeightsError
from actmax.networks.weights import resolve_weights

HOSTS = [
    pytest.param(
        host,
        marks=[
            pytest.mark.skipif(importlib.util.find_spec(host) is None, reason=f"{host} is not installed"),
            *([pytest.mark.nightly] if host == "properdocs" else []),
        ],
    )
    for host in ("mkdocs", "properdocs")
]
"""Those that build a site by MkDocs' own configuration and plugins."""


def needs(name: str) -> pytest.MarkDecorator:
    """Skip a test if the weights of a network are not installed, and say what installs them."""
    try:
        resolve_weights(name)
    except WeightsError as error:
        return pytest.mark.skip(reason=str(error))
    return pytest.mark.skipif(False, reason="")

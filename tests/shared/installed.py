"""Networks whose weights are in packages of their own, which the extra ``development`` installs."""

from __future__ import annotations

import pytest

from actmax.errors import WeightsError
from actmax.networks.weights import resolve_weights


def needs(name: str) -> pytest.MarkDecorator:
    """Skip a test if the weights of a network are not installed, and say what installs them."""
    try:
        resolve_weights(name)
    except WeightsError as error:
        return pytest.mark.skip(reason=str(error))
    return pytest.mark.skipif(False, reason="")

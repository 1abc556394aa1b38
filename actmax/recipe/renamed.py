"""Recipe fields that had another name before the first release."""

from collections.abc import Mapping
from types import MappingProxyType

RENAMED: Mapping[str, str] = MappingProxyType(
    {
        "decay": "decay_power",
        "total_variation": "total_variation_weight",
        "unit_slope": "normalize_gradient",
        "grey": "l2_weight",
        "statistics": "statistics_weight",
        "slope_blur": "gradient_blur",
        "length": "norm",
        "shrink": "l2_decay",
        "keep": "feature_weight",
        "keep_layer": "feature_layer",
        "rivals": "margin_weight",
        "logsumexp_weight": "margin_weight",
        "leak": "relu_leak",
        "centre": "gradient_window",
    }
)
"""Old field names with the new ones, for error messages."""

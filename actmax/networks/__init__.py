"""Networks: what is known of each, labels, weights, loading, and wrapping of a user's module.

Names are loaded when they are first used: some files need torch, and others must not.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

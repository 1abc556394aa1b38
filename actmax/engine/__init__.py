"""How it is computed: batches of recipes on a device, and optimization by hand.

Names are loaded when they are first used: some of the files need torch, and others must not.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

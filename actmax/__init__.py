"""Activation maximization: what does this neuron respond to?

The names of this package are loaded when they are first used: ``import actmax`` costs no torch.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

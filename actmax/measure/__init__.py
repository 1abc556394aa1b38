"""Measurements: how a network responds to an image file, and what its layers and channels contribute to that."""

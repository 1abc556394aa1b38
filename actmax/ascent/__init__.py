"""The mathematics: gradient ascent, objectives, parameterizations, transforms, penalties and optimizers, as plain functions."""

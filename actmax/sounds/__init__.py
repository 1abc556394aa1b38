"""Sounds: made from a few numbers, seen as spectrograms, told apart by a small network, and heard again."""

"""Code of an author's own network, for tests: ten classes of gray images of 28 × 28 pixels.

``pyproject.toml`` puts this folder on pytest's path: ``import own_networks``.
"""

from __future__ import annotations

DIGITS = """
import torch
from torch import nn


class Digits(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 5, 3)
        self.fc = nn.Linear(4 * 8 * 8, 10)

    def forward(self, x):
        x = torch.relu(self.conv(x))
        return self.fc(x.view(x.size(0), -1))


def digits():
    return Digits()
"""

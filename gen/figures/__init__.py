"""Figures as SVG: the write-up's line drawings, and charts of measurements."""

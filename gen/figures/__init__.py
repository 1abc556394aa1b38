"""SVG in HTML figures: the drawings of the write-up, and charts of measurements."""

from gen.figures.chart import chart
from gen.figures.curve import curve
from gen.figures.dots import dots
from gen.figures.onion import onion
from gen.figures.strips import Cell, strips
from gen.figures.surface import surface

__all__ = ["Cell", "chart", "curve", "dots", "onion", "strips", "surface"]

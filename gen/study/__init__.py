"""Measurements for the site's pages beyond the gallery's drawings; each is computed once and stored."""

from gen.study.evaluation import Evaluation
from gen.study.study import Study, study

__all__ = ["Evaluation", "Study", "study"]

"""What the site asks of networks beyond the gallery's drawings; each answer is worked out once and stored."""

from gen.study.opinion import Opinions
from gen.study.study import Study, study

__all__ = ["Opinions", "Study", "study"]

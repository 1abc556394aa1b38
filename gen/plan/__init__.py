"""What will be published: the subjects of the gallery, their addresses, and the recipes that draw them."""

from gen.plan.plan import ClassPage, Plan, Variant, plan
from gen.plan.subjects import Outline, Subject, outline

__all__ = ["ClassPage", "Outline", "Plan", "Subject", "Variant", "outline", "plan"]

"""What will be published: the subjects of the gallery, their addresses, and the recipes that draw them."""

from gen.plan.drawings import PlannedDrawing
from gen.plan.plan import ChannelPage, ClassPage, Plan, plan
from gen.plan.subjects import Outline, Subject, outline

__all__ = ["ChannelPage", "ClassPage", "Outline", "Plan", "PlannedDrawing", "Subject", "outline", "plan"]

"""What will be published: every page with its address, and every drawing with its recipe."""

from gen.plan.classes import ClassPage, class_pages
from gen.plan.drawings import PlannedDrawing
from gen.plan.plan import ChannelPage, Plan, plan
from gen.plan.shown import Shown

__all__ = ["ChannelPage", "ClassPage", "Plan", "PlannedDrawing", "Shown", "class_pages", "plan"]

"""What the author wants: `extra.gallery` of mkdocs.yml, validated."""

from gen.settings.faults import KEY, SettingsError
from gen.settings.read import read
from gen.settings.schema import Member, Method, Settings

__all__ = ["KEY", "Member", "Method", "Settings", "SettingsError", "read"]

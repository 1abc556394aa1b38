"""What the author asks for: `extra.gallery` of mkdocs.yml, checked and resolved."""

from gen.settings.resolve import Gallery, Member, Method, read
from gen.settings.schema import Settings, SettingsError

__all__ = ["Gallery", "Member", "Method", "Settings", "SettingsError", "read"]

"""Contents -> the files of the site: Markdown, pictures, JSON, scripts, styles. Nothing is drawn or measured here."""

from gen.pages.authored import filled_in
from gen.pages.contents import Contents, File
from gen.pages.files import files
from gen.pages.site_info import SiteInfo

__all__ = ["Contents", "File", "SiteInfo", "files", "filled_in"]

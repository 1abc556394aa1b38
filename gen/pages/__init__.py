"""Contents -> the files of the site: Markdown, pictures, JSON, scripts and styles. Nothing is drawn or asked here."""

from gen.pages.contents import Contents, File
from gen.pages.files import files
from gen.pages.place import Place
from gen.pages.prose import filled_in

__all__ = ["Contents", "File", "Place", "files", "filled_in"]

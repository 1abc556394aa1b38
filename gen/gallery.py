"""Entry point for MkDocs: the plugin mkdocs-gen-files runs this script inside `mkdocs build`."""

import mkdocs_gen_files
from mkdocs.exceptions import PluginError

from gen import site
from gen.hook import drawn, reported
from gen.pages import File
from gen.pages import files as pages

config = mkdocs_gen_files.config


def write(file: File) -> None:
    """Add a file to the site."""
    path, content = file
    try:
        with mkdocs_gen_files.open(path, "wb") as opened:
            opened.write(content if isinstance(content, bytes) else content.encode())
    except OSError as error:  # a full disk, where MkDocs collects generated pages
        raise PluginError(f"The gallery's page {path} cannot be written: {error}.") from None


with reported():
    made = drawn(config)
    config.extra.update(site.footer(made.site, made.contents))
    for generated in pages(made.contents):
        write(generated)

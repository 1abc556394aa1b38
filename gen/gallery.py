"""The door for MkDocs: mkdocs-gen-files runs this script inside `mkdocs build`. All it does is connect."""

import logging
from pathlib import Path

import mkdocs_gen_files
from mkdocs.exceptions import PluginError

from actmax.errors import ActmaxError
from gen import site
from gen.pages import File, Place

log = logging.getLogger("mkdocs.plugins.gallery")
config = mkdocs_gen_files.config


def write(file: File) -> None:
    """Adds a file to the site."""
    path, content = file
    try:
        with mkdocs_gen_files.open(path, "wb") as opened:
            opened.write(content if isinstance(content, bytes) else content.encode())
    except OSError as error:  # where MkDocs collects generated pages: a full disk, say
        raise PluginError(f"The gallery's page {path} cannot be written: {error}.") from None


try:
    site.require_folders(config.use_directory_urls)
    prepared = site.prepare(config.extra.get("gallery"), Path(config.config_file_path))
    if prepared.warning:
        log.warning("%s", prepared.warning)
    docs = Path(config.docs_dir)
    place = Place.of(config.site_url, config.site_name, config.site_author)
    contents, outcome = site.generate(prepared, docs, log.info, place)
    config.extra.update(site.told(contents, docs))
    for generated in site.files(contents, docs):
        write(generated)
    log.info("%s", outcome)
except ActmaxError as error:
    raise PluginError(str(error)) from None

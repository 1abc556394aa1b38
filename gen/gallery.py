"""The door for MkDocs: mkdocs-gen-files runs this script inside `mkdocs build`. All it does is connect."""

import logging
from pathlib import Path

import mkdocs_gen_files
from mkdocs.exceptions import PluginError

from actmax.errors import ActmaxError
from gen import site as build

log = logging.getLogger("mkdocs.plugins.gallery")
config = mkdocs_gen_files.config

try:
    build.require_folders(config.use_directory_urls)
    root = Path(config.config_file_path).parent
    site = build.prepare(config.extra.get("gallery"), root)
    if words := build.warning(site):
        log.warning(words)
    docs, where = Path(config.docs_dir), build.place(config.site_url, config.site_name)
    pages, outcome = build.generate(site, root, docs, log.info, where)
    for path, content in build.files(pages, docs):
        with mkdocs_gen_files.open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
    log.info("%s", outcome)
except ActmaxError as error:
    raise PluginError(str(error)) from None
except OSError as error:  # where MkDocs collects generated pages: a full disk, say
    raise PluginError(f"The gallery's pages cannot be written: {error}.") from None

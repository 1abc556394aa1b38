"""Entry point for MkDocs: the plugin mkdocs-gen-files runs this script inside `mkdocs build`."""

import logging

import mkdocs_gen_files
from mkdocs.exceptions import PluginError

from actmax.errors import ActmaxError
from gen import site
from gen.hook import prepared
from gen.pages import File, SiteInfo

log = logging.getLogger("mkdocs.plugins.gallery")
config = mkdocs_gen_files.config


def write(file: File) -> None:
    """Add a file to the site."""
    path, content = file
    try:
        with mkdocs_gen_files.open(path, "wb") as opened:
            opened.write(content if isinstance(content, bytes) else content.encode())
    except OSError as error:  # a full disk, where MkDocs collects generated pages
        raise PluginError(f"The gallery's page {path} cannot be written: {error}.") from None


try:
    planned = prepared(config)
    if planned.warning:
        log.warning("%s", planned.warning)
    info = SiteInfo.of(config.site_url, config.site_name, config.site_author)
    contents, outcome = site.generate(planned, log.info, info)
    config.extra.update(site.footer(planned, contents))
    for generated in site.files(planned, contents):
        write(generated)
    log.info("%s", outcome)
except ActmaxError as error:
    raise PluginError(str(error)) from None

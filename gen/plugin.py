"""Entry point for MkDocs in somebody else's site: the plugin `actmax`, which needs no hook, theme or other plugin."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from mkdocs.config.base import Config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin, event_priority
from mkdocs.structure.files import File, Files, InclusionLevel

from gen import hook, other_plugins, site
from gen.pages import files as pages
from gen.plan import addresses

log = logging.getLogger("mkdocs.plugins.actmax")

THEME = "material"
EXAMPLE = """
extra:
  gallery:
    groups:
      animals: [zebra, tiger]"""


class NoOptions(Config):  # type: ignore[no-untyped-call]
    """The plugin's options: what to draw is listed under `extra`, where the commands of the shell read it too."""


class Gallery(BasePlugin[NoOptions]):  # type: ignore[no-untyped-call]
    """Draws what `extra: gallery:` lists before MkDocs clears the last site, and adds pages and figures to the site."""

    def load_config(
        self, options: dict[str, Any], config_file_path: str | None = None
    ) -> tuple[list[tuple[str, Exception]], list[tuple[str, str]]]:
        """Keep the options, of which there are none."""
        self.options = dict(options)
        return super().load_config({}, config_file_path)

    def on_config(self, config: MkDocsConfig) -> None:
        """Check what the site lacks.

        Raises:
            PluginError: something is missing; the message has the lines to add.
        """
        self.built: site.Built | None = None
        if self.options:
            raise PluginError(
                f"The plugin actmax has no options such as {next(iter(self.options))!r}: what to draw is listed under "
                f"`extra`. Write in mkdocs.yml:\n{EXAMPLE}"
            )
        if config.extra.get("gallery") is None:
            raise PluginError(f"The plugin actmax needs to know what to draw. Add to mkdocs.yml:\n{EXAMPLE}")
        settings = config.extra["gallery"] if isinstance(config.extra["gallery"], dict) else {}
        _refuse_twice(config)
        if settings.get("publish") != "figures":
            _check_pages(config)
        hook.check_site(config)

    def on_pre_build(self, config: MkDocsConfig) -> None:
        """Check and draw everything before MkDocs clears the site's folder, so that an error leaves the last site.

        Raises:
            PluginError: a setting, the network, a drawing or a page is at fault.
        """
        self.built = hook.build(config, log, guest=True)

    @event_priority(50)  # before plugins that make a navigation of the files
    def on_files(self, files: Files, config: MkDocsConfig) -> None:
        """Add the generated pages and files.

        Raises:
            PluginError: a drawing cannot be read, or another plugin has made a file of the same name.
        """
        with hook.reported():
            for file in self._generated(config):
                there = files.get_file_from_path(file.src_uri)
                if there and not file.src_uri.startswith(addresses.DRAWINGS):  # kept by `gen record`
                    raise PluginError(
                        f"{file.src_uri} is the name of a file of the gallery and of yours: rename yours."
                    )
                if there is None:
                    files.append(file)

    def _generated(self, config: MkDocsConfig) -> Iterator[File]:
        assert self.built is not None  # noqa: S101 - MkDocs calls on_pre_build first
        shown = (addresses.source(addresses.GALLERY), addresses.source(addresses.NETWORK))
        for name, content in pages(self.built.contents):
            below = name.startswith((addresses.GALLERY, addresses.NETWORK)) and name not in shown
            # MkDocs renders the whole navigation into every page: a thousand class pages must not be in it.
            level = InclusionLevel.NOT_IN_NAV if below else InclusionLevel.UNDEFINED
            yield File.generated(config, name, content=content, inclusion=level)

    on_startup = staticmethod(hook.on_startup)
    on_page_read_source = staticmethod(hook.on_page_read_source)
    on_page_markdown = staticmethod(hook.on_page_markdown)
    on_page_content = staticmethod(hook.on_page_content)

    def on_post_build(self, config: MkDocsConfig) -> None:
        """Warn of each published address and anchor that the site no longer has."""
        hook.report_losses(config)


def _check_pages(config: MkDocsConfig) -> None:
    """Check that the site can show pages, not only figures."""
    if config.theme.name != THEME:
        raise PluginError(
            f"The gallery's pages are made for the theme Material, and this site has {config.theme.name!r}. Either "
            "write `theme: material` in mkdocs.yml, or, for drawings on pages of yours, add `publish: figures` "
            "below `gallery:`."
        )
    with hook.reported():
        other_plugins.refuse_feed(config.plugins)


def _refuse_twice(config: MkDocsConfig) -> None:
    """Refuse the doors of this project's own site beside the plugin."""
    plugin = config.plugins.get("gen-files")
    scripts = plugin.config["scripts"] if plugin else []
    for ours, files in (("gen/gallery.py", scripts), ("gen/hook.py", config.hooks or ())):
        if any(str(file).replace("\\", "/").endswith(ours) for file in files):
            raise PluginError(f"The plugin actmax does what {ours} does: take {ours} out of mkdocs.yml.")

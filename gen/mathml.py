"""Entry point for Python-Markdown: `gen.mathml` among the `markdown_extensions` of mkdocs.yml."""

import sys

from gen.equations import Equations, MathError, mathml


def convert(tex: str, display: bool) -> str:
    """Convert TeX to MathML. An error ends the build: under MkDocs as a PluginError, which is shown without a
    traceback."""
    try:
        return mathml(tex, display)
    except MathError as error:
        host = sys.modules.get("mkdocs.exceptions")
        raise (host.PluginError(str(error)) if host else error) from None


def makeExtension() -> Equations:  # noqa: N802 - Python-Markdown looks for this name
    """Called by Python-Markdown."""
    return Equations(convert)

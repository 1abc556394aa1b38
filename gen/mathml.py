"""The door for Python-Markdown: `gen.mathml` among `markdown_extensions` of mkdocs.yml, whatever builds the site."""

import sys

from gen.equations import Equations, MathError, mathml


def convert(tex: str, display: bool) -> str:
    """TeX to MathML. What is wrong ends the build; MkDocs, where it is what builds, shows its own errors without a
    traceback."""
    try:
        return mathml(tex, display)
    except MathError as error:
        host = sys.modules.get("mkdocs.exceptions")
        raise (host.PluginError(str(error)) if host else error) from None


def makeExtension() -> Equations:  # noqa: N802 - Python-Markdown looks for this name
    """Called by Python-Markdown."""
    return Equations(convert)

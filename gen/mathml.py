"""The door for Python-Markdown inside MkDocs: `gen.mathml` among `markdown_extensions` of mkdocs.yml."""

from mkdocs.exceptions import PluginError

from gen.equations import Equations, MathError, mathml


def convert(tex: str, display: bool) -> str:
    """TeX to MathML; MkDocs shows what is wrong without a traceback, and the build fails."""
    try:
        return mathml(tex, display)
    except MathError as error:
        raise PluginError(str(error)) from None


def makeExtension() -> Equations:  # noqa: N802 - Python-Markdown looks for this name
    """Called by Python-Markdown."""
    return Equations(convert)

"""BibTeX entries for drawings and pages, and HTML that shows a drawing elsewhere."""

from __future__ import annotations

from actmax.files import digest
from actmax.networks.labels import Label, slugify
from gen.pages.drawing import Drawing
from gen.pages.markdown import attribute
from gen.pages.site_info import SiteInfo


def bibtex(drawing: Drawing, label: Label, network: str, site: SiteInfo) -> str:
    """Return an entry for a drawing, with the address that is named after its content.

    Args:
        drawing: to cite.
        label: its class.
        network: title of the target network.
        site: without a URL, the entry has none.
    """
    entry = drawing.entry
    note = f"Activation maximization, method {drawing.name}, recipe {entry.digest}"
    key = f"actmax-{label.slug}-{entry.picture}"
    year = entry.record.provenance.drawn.year
    return _entry(key, f"{label.name}, as {network} draws it", year, drawing.master, note, site)


def embedding(drawing: Drawing, label: Label, network: str, site: SiteInfo) -> str:
    """Return HTML that shows a drawing on any page, with a link to its own.

    Args:
        drawing: of a class.
        label: its class.
        network: title of the target network.
        site: without a URL, nothing can be shown elsewhere, and the text is empty.
    """
    if not site.url:
        return ""
    name, size = attribute(label.name), drawing.size
    return (
        f'<figure>\n  <a href="{attribute(site.url + drawing.page)}#{drawing.variant.anchor}">'
        f'<img src="{attribute(site.url + drawing.master)}" width="{size}" height="{size}" '
        f'alt="{attribute(network)}\'s drawing of {name}"></a>\n'
        f"  <figcaption>{name}, drawn by {attribute(network)}: {attribute(site.name)}</figcaption>\n</figure>"
    )


def of_page(title: str, address: str, year: int, site: SiteInfo) -> str:
    """Return an entry for a page of the site, drawn in a year."""
    key = slugify(title) or f"page-{digest(address.encode())}"
    return _entry(key, title, year, address, _tex(site.name), site)


def _entry(key: str, title: str, year: int, address: str, note: str, site: SiteInfo) -> str:
    fields = {
        # Braces keep BibTeX styles from changing case and splitting names. Quotes around them, for two braces in a row
        # would be an expression to plugins that fill in a page's variables.
        "title": f'"{{{_tex(title)}}}"',
        "author": f'"{{{_tex(site.author or site.name)}}}"',
        "year": f"{{{year}}}",
        **({"url": f"{{{site.url}{address}}}"} if site.url else {}),
        "note": f"{{{note}}}",
    }
    lines = "".join(f"  {name} = {value},\n" for name, value in fields.items())
    return f"@misc{{{key},\n{lines}}}"


def _tex(text: str) -> str:
    """Escape text for TeX, on one line."""
    special = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    line = " ".join(text.split())
    return "".join(special.get(sign, f"\\{sign}" if sign in "&%$#_{}" else sign) for sign in line)

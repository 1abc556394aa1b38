"""A reference to one picture, under the address that no other drawing can take."""

from __future__ import annotations

from collections.abc import Mapping

from actmax.files import digest
from actmax.networks.labels import Label, slugify
from gen.pages.drawing import Drawing
from gen.pages.place import Place


def bibtex(drawing: Drawing, label: Label, network: str, place: Place) -> str:
    """A BibTeX entry; without a URL where it is not known where the site will stand.

    Args:
        drawing: the picture.
        label: the class that it was drawn for.
        network: the title of the network that drew.
        place: of the site.
    """
    entry = drawing.entry
    fields = {
        # Braced once more: styles change the case of titles, and take the words of a name apart.
        "title": f"{{{_tex(f'{label.name}, as {network} draws it')}}}",
        "author": f"{{{_tex(place.author or place.name)}}}",
        "year": str(entry.record.provenance.drawn.year),
        "url": f"{place.url}{drawing.master}",
        "note": f"Activation maximization, method {drawing.name}, recipe {entry.digest}",
    }
    if not place.url:
        del fields["url"]
    return _entry(f"actmax-{label.slug}-{entry.picture}", fields)


def of_page(title: str, address: str, year: int, place: Place) -> str:
    """A BibTeX entry of a page.

    Args:
        title: of the page.
        address: of the page, within the site.
        year: in which it was drawn.
        place: of the site.
    """
    fields = {
        "title": f"{{{_tex(title)}}}",
        "author": f"{{{_tex(place.author or place.name)}}}",
        "year": str(year),
        "url": f"{place.url}{address}",
        "note": _tex(place.name),
    }
    if not place.url:
        del fields["url"]
    return _entry(slugify(title) or f"page-{digest(address.encode())}", fields)


def _entry(key: str, fields: Mapping[str, str]) -> str:
    inside = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items())
    return f"@misc{{{key},\n{inside}}}"


def _tex(text: str) -> str:
    """Text that TeX sets as it is, on one line."""
    special = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    line = " ".join(text.split())
    return "".join(special.get(sign, f"\\{sign}" if sign in "&%$#_{}" else sign) for sign in line)

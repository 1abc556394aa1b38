"""The ledger's file: every address and anchor that was ever published, one address per line.

It lies in ``docs/gallery/ledger.json`` and is only added to. To drop an address on purpose, delete its line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from actmax.errors import ActmaxError, reason, validation_messages
from actmax.files import explained

_SEGMENT = r"(?!\.\.?(?:/|$))[^\s/:\\\"'<>&`{}|?#\x00-\x1f\x7f\ud800-\udfff]{1,120}"
_ADDRESS = re.compile(rf"(?:{_SEGMENT}/){{0,20}}(?:{_SEGMENT})?")
_ANCHOR = re.compile(r"[^\s\\\"'<>&`{}|\x00-\x1f\x7f\ud800-\udfff]{1,200}")

SCHEMA = 1
"""Revision of the file's layout."""
_REMEDY = "Put back the version that was committed last, or mend the file; a deleted ledger protects no link."


class LedgerError(ActmaxError):
    """A ledger that cannot be read."""


def is_address(text: str) -> bool:
    """Whether this can be an address of the site: relative, within the site, and safe inside a page."""
    return _ADDRESS.fullmatch(text) is not None and len(text) <= 1000


def is_anchor(text: str) -> bool:
    """Whether this can be an anchor: an id that a link can name and a page can hold."""
    return _ANCHOR.fullmatch(text) is not None


def is_redirect_target(text: str) -> bool:
    """Whether a redirect may lead there: an address, perhaps with an anchor, or a URL of the web."""
    if re.match(r"https?://", text):
        try:
            return bool(urlsplit(text).hostname) and is_anchor(text)
        except ValueError:
            return False
    address, sign, anchor = text.partition("#")
    return is_address(address) and (not sign or is_anchor(anchor))


def _valid(check: Callable[[str], bool], rule: str) -> AfterValidator:
    def validate(text: str) -> str:
        if not check(text):
            raise ValueError(rule)
        return text

    return AfterValidator(validate)


AddressText = Annotated[
    str, _valid(is_address, "an address is relative, without a scheme, '..' or characters that a link cannot have")
]
Anchor = Annotated[str, _valid(is_anchor, "an anchor is an id, without spaces, quotes or brackets")]
RedirectTarget = Annotated[
    str, _valid(is_redirect_target, "a redirect leads to an address of the site or to a whole URL")
]


class Address(BaseModel):
    """What is at one address: a page with its anchors, a redirect, or an image, which has neither."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    anchors: tuple[Anchor, ...] | None = None
    """Of a page, sorted."""
    to: RedirectTarget | None = None
    """Where a redirect leads: an address of the site, or the whole URL of another site."""


class Ledger(BaseModel):
    """All addresses that were ever recorded, from the site's root: ``gallery/zebra/``; the front page's is empty."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    addresses: dict[AddressText, Address] = {}

    def anchors(self, address: str) -> tuple[str, ...]:
        """Every anchor that the page at an address ever had; none if the ledger has no such page."""
        return self.addresses.get(address, Address()).anchors or ()

    def count(self) -> int:
        """The number of anchors of all pages."""
        return sum(map(len, map(self.anchors, self.addresses)))

    def text(self) -> str:
        """The file's content: one address per line, sorted, so that diffs show what was added."""
        lines = ",\n".join(
            f"{json.dumps(address, ensure_ascii=False)}: "
            f"{json.dumps(entry.model_dump(exclude_none=True), ensure_ascii=False)}"
            for address, entry in sorted(self.addresses.items())
        )
        return f'{{"schema": {SCHEMA}, "addresses": {{\n{lines}\n}}}}\n'


@explained()
def read(path: Path) -> Ledger:
    """Read the ledger; an absent one is empty.

    Raises:
        LedgerError: the file is damaged, of another layout, or cannot be read.
    """
    if not path.exists():
        return Ledger()
    if not path.is_file():
        raise LedgerError(f"The ledger {path} cannot be read: it is no regular file.")
    try:
        values = json.loads(path.read_bytes())
        schema = values.pop("schema", None) if isinstance(values, dict) else SCHEMA
        if schema != SCHEMA:
            raise LedgerError(
                f"The ledger {path} has schema {str(schema)[:20]!r}, and this version of actmax reads {SCHEMA} only."
            )
        if isinstance(values, dict) and "addresses" not in values:
            raise LedgerError(f"The ledger {path} is damaged: it has no addresses. {_REMEDY}")
        return Ledger.model_validate(values)
    except OSError as error:
        raise LedgerError(f"The ledger {path} cannot be read: {reason(error)}.") from None
    except ValidationError as error:
        raise LedgerError(f"The ledger {path} is damaged: {validation_messages(error)[0][:300]}. {_REMEDY}") from None
    except RecursionError:
        raise LedgerError(f"The ledger {path} is damaged: its brackets are nested too deep. {_REMEDY}") from None
    except ValueError as error:
        raise LedgerError(f"The ledger {path} is damaged: {error}. {_REMEDY}") from None

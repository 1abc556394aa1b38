"""Resolve the weights of a network: from the package, a given file, torch's cache, or a download.

Nothing here imports torch, which is not needed to look up a drawing in the store, unless the network is refused.
"""

from __future__ import annotations

import difflib
import hashlib
import importlib.util
import json
import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from actmax.errors import UnknownNameError, WeightsError, printable, quoted, reason
from actmax.files import DIGITS, digest
from actmax.networks import functions
from actmax.networks.cards import AUTO, CARDS, FALLBACK, PREFERRED, PUBLISHED_DIGITS, Card, card
from actmax.networks.description import Description, described
from actmax.networks.download import Progress, download
from actmax.networks.families import check_architecture

__all__ = ["SCALE", "Progress", "Source", "fetch", "hub_folder", "metadata", "resolve_weights"]

SCALE = ".scale"
"""Suffix of the tensor that holds an int8 weight's scales, one for each output channel."""

_AS_WEIGHTS = "as `weights` (in the shell --weights FILE, or --teacher NAME=FILE)"


@dataclass(frozen=True)
class Source:
    """Resolved weights; the file may still have to be downloaded."""

    network: str
    digest: str
    """Part of a recipe: the first digits of the file's SHA-256 or, where the user says more of the network that changes
    its drawings, of a SHA-256 over all of it."""
    path: Path
    url: str = ""
    """From where the file is downloaded if it is not at ``path``; empty: it must be there."""
    sha256: str = ""
    """Of the file; empty: it is checked by ``digest``."""
    own: Card | None = field(default=None, hash=False)
    """What is known of a network with the user's weights; None: what its name says."""
    folder: Path = Path()
    """Where the code of a ``module:function`` lies."""

    @property
    def card(self) -> Card:
        """What is known of the network without loading it."""
        return self.own or card(self.network)

    @property
    def checksum(self) -> str:
        """The beginning of the file's SHA-256, or all of it."""
        return self.sha256 or self.digest


def resolve_weights(
    network: str,
    file: Path | str | None = None,
    about: Description = Description(),  # noqa: B008 - immutable
) -> Source:
    """Resolve the weights of a network, without reading more than a file's bytes.

    Args:
        network: its name, as :func:`actmax.networks.cards.card` takes it.
        file: weights that the user names. A network in the package takes none; any other needs them, except those that
            are downloaded or in another package.
        about: what the user says of the network besides.

    Raises:
        WeightsError: the file or the package that holds it is absent, or the network needs a file and none was given.
        UnknownNameError: not a network's name, or there is no such classifier or module.
        RecipeError: what is said does not fit the network.
    """
    known = card(network)
    file = Path(file) if isinstance(file, str) else file
    if not about.is_empty and (file is None or known.file):
        check_architecture(known, about.folder)
        raise WeightsError(
            f"labels, channels, mean and std describe weights of yours: {network} has "
            f"{'its own' if known.file or known.url or known.wheel else 'none'}. Name a file {_AS_WEIGHTS}."
        )
    if known.file is not None:
        if file is not None:
            raise WeightsError(f"The {network} network brings its own weights; {printable(file)} was given besides.")
        file = known.file
    if file is None and known.wheel:
        return Source(network, known.sha256[:PUBLISHED_DIGITS], _in_wheel(known, *known.wheel), sha256=known.sha256)
    if file is not None:
        sha = _sha256(file)
        # Published weights have the same identity wherever they lie.
        if known.file or (about.is_empty and known.sha256 and sha.startswith(known.sha256)):
            return Source(network, sha[: PUBLISHED_DIGITS if known.sha256 else DIGITS], file, sha256=sha)
        own = described(known, about, file)
        return Source(network, _identity(own, about, sha), file, sha256=sha, own=own, folder=about.folder)
    if known.url:
        path = hub_folder() / known.url.rpartition("/")[2]
        return Source(network, known.sha256[:PUBLISHED_DIGITS], path, known.url, known.sha256)
    if network == AUTO:
        raise UnknownNameError(
            f"{AUTO!r} stands for {PREFERRED!r} or {FALLBACK!r}, as actmax.select_network chooses: name one of the two."
        )
    if near := difflib.get_close_matches(network.casefold(), (AUTO, *CARDS), 1, 0.75):
        raise UnknownNameError(
            f"There is no network {quoted(network)} without a weights file. Did you mean {near[0]!r}?"
        )
    check_architecture(known, about.folder)
    *others, last = (
        f"{name}, which is {'downloaded' if other.url else 'in the package' if other.file else 'in one of its own'},"
        for name, other in CARDS.items()
    )
    raise WeightsError(
        f"The network {quoted(network)} needs a weights file: name it {_AS_WEIGHTS}. Only {' '.join(others)} and "
        f"{last} need none."
    )


def _identity(own: Card, about: Description, sha: str) -> str:
    """Return what identifies a network with the user's weights in a recipe: all that its drawings depend on."""
    if own.family != "function" and about.channels is None and about.mean is None:
        return sha[:DIGITS]
    code = functions.digest(own.architecture, about.folder) if own.family == "function" else ""
    return digest(json.dumps([sha, own.channels, own.mean, own.std, code]).encode())


def _in_wheel(about: Card, package: str, file: str) -> Path:
    """Return the path of the weights in a package; it is not imported, and so runs no code.

    Raises:
        WeightsError: it is not installed.
    """
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise WeightsError(
            f"The weights of {about.name} are in a package that is not installed: pip install "
            f"{package.replace('_', '-')}."
        )
    return Path(found.submodule_search_locations[0]) / file


def hub_folder() -> Path:
    """Return the folder of torch.hub's downloads, by its documented variables, without importing it.

    Raises:
        WeightsError: a variable names the home of an unknown user.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")) / "torch"
    folder = Path(os.environ.get("TORCH_HOME", cache))
    try:
        return folder.expanduser() / "hub" / "checkpoints"
    except RuntimeError as error:
        raise WeightsError(f"There is no folder {folder} for weights: {error} See TORCH_HOME.") from None


def fetch(wanted: Source, progress: Progress | None = None) -> Path:
    """Return the path of the weights, downloaded and checked if they are not there yet.

    Args:
        wanted: from :func:`resolve_weights`.
        progress: called during a download.

    Raises:
        WeightsError: the file is absent or another, or cannot be downloaded; see
            :func:`actmax.networks.download.download`.
    """
    if os.path.isfile(wanted.path):  # unlike Path.is_file it raises nothing
        sha = _sha256(wanted.path)
        if sha.startswith(wanted.checksum):
            return wanted.path
        if wanted.url:
            remedy = "Remove it, and it will be downloaded again."
        elif wanted.card.wheel:
            remedy = "Install the package that it belongs to again."
        else:
            remedy = "It changed while it was being used."
        raise WeightsError(
            f"{printable(wanted.path)} is not the file that it should be: its SHA-256 begins "
            f"{sha[: len(wanted.checksum)]}, not {wanted.checksum}. {remedy}"
        )
    if not wanted.url:
        raise WeightsError(f"The weights file {printable(wanted.path)} is not there.")
    try:
        download(wanted.url, wanted.path, wanted.checksum, progress)
    except WeightsError as error:
        raise WeightsError(
            f"{error} Download {wanted.url} elsewhere and put it at {wanted.path}, or name the file {_AS_WEIGHTS}, "
            f"or draw with the network {FALLBACK!r}, which is in the package."
        ) from None
    return wanted.path


def _sha256(file: Path) -> str:
    try:
        if file.exists() and not file.is_file():  # opening a fifo would wait for whoever writes to it
            raise _unreadable(file, "it is no regular file")
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise _unreadable(file, reason(error)) from None
    except ValueError:  # a path with a NUL in it
        raise _unreadable(file, "no file has such a name") from None


def _unreadable(file: Path, why: str) -> WeightsError:
    return WeightsError(f"The weights file {printable(file)} cannot be read: {why}. Name one that can, {_AS_WEIGHTS}.")


def metadata(path: Path) -> dict[str, str]:
    """Return the header of a safetensors file, without torch; empty if there is none that can be read.

    >>> metadata(Path("none.safetensors"))
    {}
    """
    with suppress(OSError, ValueError, AttributeError), path.open("rb") as file:
        about = json.loads(file.read(min(int.from_bytes(file.read(8), "little"), 1 << 20))).get("__metadata__")
        return {str(name): str(value) for name, value in (about or {}).items()}
    return {}

"""Where weights come from: the package, a given file, torch's cache, or a download that cannot half succeed.

Nothing here imports torch: whether a drawing is in the store is asked without it.
"""

from __future__ import annotations

import contextlib
import difflib
import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from actmax.errors import UnknownNameError, WeightsError

ALEXNET_URL = "https://download.pytorch.org/models/alexnet-owt-7be5be79.pth"
"""torchvision's ``AlexNet_Weights.IMAGENET1K_V1``; the digits are the start of the file's SHA-256."""
CONNECT_SECONDS = 10.0
STALL_SECONDS = 20.0
"""A download that delivers nothing for this long is given up."""
CHUNK = 1 << 20

Progress = Callable[[int, int], None]
"""Called with the bytes received so far and the bytes in all (0 where the server does not say)."""


@dataclass(frozen=True)
class Source:
    """Weights that are decided upon; the file may still have to be downloaded."""

    network: str
    digest: str
    """What a recipe carries: the first digits of the file's SHA-256."""
    path: Path
    url: str | None = None
    """Where the file comes from when it is not at ``path`` yet."""


COMPACT_FILE = Path(__file__).parent / "shipped" / "alexnet-compact.safetensors"


def source(network: str, file: Path | None = None) -> Source:
    """Decides which weights a network gets, without reading more than a file's bytes.

    Args:
        network: ``alexnet``, ``compact``, or a torchvision classifier's registry name.
        file: weights that the user names; any network but the compact takes one, and all but
            AlexNet need one.

    Raises:
        WeightsError: the file is absent, or the network needs one and none was given.
        UnknownNameError: not a network's name.
    """
    if not network.isidentifier():
        raise UnknownNameError(
            f"{network!r} is not the name of a network: say alexnet, compact or a torchvision model."
        )
    if network == "compact":
        if file is not None:
            raise WeightsError(f"The compact network brings its own weights; {file} was given besides.")
        return Source(network, _digest(COMPACT_FILE), COMPACT_FILE)
    if file is not None:
        return Source(network, _digest(file), file)
    if network == "alexnet":
        name = ALEXNET_URL.rsplit("/", 1)[1]
        return Source(network, _hash_prefix(name), hub_folder() / name, ALEXNET_URL)
    if near := difflib.get_close_matches(network, ("auto", "alexnet", "compact"), 1, 0.75):
        raise UnknownNameError(f"There is no network {network!r} without a weights file. Did you mean {near[0]!r}?")
    raise WeightsError(
        f"The network {network!r} needs a weights file: name one (`weights:` in the settings, --weights in the "
        "shell). Only alexnet, which is downloaded, and compact, which is in the package, need none."
    )


def hub_folder() -> Path:
    """Where torch.hub keeps downloaded weights, by its documented variables, without importing it."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")) / "torch"
    return Path(os.environ.get("TORCH_HOME", cache)).expanduser() / "hub" / "checkpoints"


def fetch(wanted: Source, progress: Progress | None = None) -> Path:
    """The path of the weights, downloaded and checked if they are not there yet.

    Raises:
        WeightsError: no connection, a stall, a truncated or wrong file, no space left, or a folder
            that cannot be written. Nothing stands under the final name unless its checksum is right.
    """
    if wanted.path.is_file():
        found = _sha256(wanted.path)
        if not found.startswith(wanted.digest):
            raise WeightsError(
                f"{wanted.path} is not the file that it should be: its SHA-256 begins {found[: len(wanted.digest)]}, "
                f"not {wanted.digest}. Remove it, and it will be downloaded again."
                if wanted.url
                else f"The weights file {wanted.path} changed while it was being used."
            )
        return wanted.path
    if wanted.url is None:
        raise WeightsError(f"The weights file {wanted.path} is not there.")
    try:
        wanted.path.parent.mkdir(parents=True, exist_ok=True)
        _download(wanted.url, wanted.path, wanted.digest, progress)
    except OSError as error:
        raise WeightsError(_advice(wanted, _os_reason(error, wanted.path.parent))) from None
    return wanted.path


def _download(url: str, path: Path, digest: str, progress: Progress | None) -> None:
    import requests

    reason = f"{url} could not be downloaded: "
    wanted = Source("", digest, path, url)
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=path.name + ".", suffix=".part")
    try:
        with (
            os.fdopen(handle, "wb") as file,
            # Not compressed: the announced length is compared with the bytes received.
            requests.get(
                url,
                stream=True,
                timeout=(CONNECT_SECONDS, STALL_SECONDS),
                headers={"Accept-Encoding": "identity"},
            ) as answer,
        ):
            answer.raise_for_status()
            size = int(answer.headers.get("Content-Length", 0))
            if size > shutil.disk_usage(path.parent).free:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            sha, received = hashlib.sha256(), 0
            for chunk in answer.iter_content(CHUNK):
                file.write(chunk)
                sha.update(chunk)
                received += len(chunk)
                if progress:
                    progress(received, size)
        if size and received != size:
            raise WeightsError(_advice(wanted, f"{reason}it ended after {received} of {size} bytes."))
        if not sha.hexdigest().startswith(digest):
            raise WeightsError(
                _advice(wanted, f"{reason}its SHA-256 begins {sha.hexdigest()[: len(digest)]}, not {digest}.")
            )
        os.chmod(part, 0o644)  # a temporary file is its owner's alone, torch's cache is often shared
        os.replace(part, path)
    except requests.exceptions.ConnectTimeout:
        raise WeightsError(_advice(wanted, f"{reason}no answer within {CONNECT_SECONDS:g} s.")) from None
    except requests.exceptions.HTTPError as error:
        raise WeightsError(_advice(wanted, f"{reason}the server said {error.response.status_code}.")) from None
    except requests.exceptions.ChunkedEncodingError:
        raise WeightsError(_advice(wanted, f"{reason}it ended early, after {received} bytes.")) from None
    except requests.exceptions.RequestException as error:
        # A read time-out while streaming is reported as a ConnectionError.
        stalled = "timed out" in str(error).lower()
        words = f"it stalled for {STALL_SECONDS:g} s." if stalled else "the server cannot be reached."
        raise WeightsError(_advice(wanted, reason + words)) from None
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(part)


def _advice(wanted: Source, reason: str) -> str:
    return (
        f"{reason} Download {wanted.url} elsewhere and put it at {wanted.path}, or name the file with "
        "`weights:` in the settings (--weights in the shell), or draw with the network 'compact', which is "
        "in the package."
    )


def _os_reason(error: OSError, folder: Path) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"There is no space left in {folder} for the weights."
    return f"The weights cannot be written to {folder}: {error.strerror or error}."


def _hash_prefix(name: str) -> str:
    return name.rsplit("-", 1)[1].split(".")[0]


def _sha256(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise WeightsError(f"The weights file {file} cannot be read: {error.strerror or error}.") from None


def _digest(file: Path) -> str:
    sha = _sha256(file)
    # torchvision's own file has one identity, wherever it lies.
    official = _hash_prefix(ALEXNET_URL.rsplit("/", 1)[1])
    return official if sha.startswith(official) else sha[:16]

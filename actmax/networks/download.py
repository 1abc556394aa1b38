"""A download that completes or leaves nothing behind. Needs no torch."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from actmax.errors import WeightsError, quoted, reason

CONNECT_SECONDS = 10.0
STALL_SECONDS = 20.0
"""A download that delivers nothing for this long is given up."""
CHUNK = 1 << 20
MOST_BYTES = 8 << 30
"""Of a file: a server that never ends must not fill the disk. torchvision's largest classifier has 2.5 GB."""

Progress = Callable[[int, int], None]
"""Called with the bytes received so far and the bytes in all (0 where the server does not say)."""


def download(url: str, path: Path, sha256: str, progress: Progress | None = None) -> None:
    """Brings a file to its place, in a folder that is made if need be.

    Args:
        url: of the file.
        path: where it is to be. Nothing stands there unless the checksum is right.
        sha256: in hexadecimal: all of it, or its beginning where no more is known.
        progress: told of what has arrived.

    Raises:
        WeightsError: no connection, a stall, a wrong address, a file that was cut or is another, no space left, or a
            folder that cannot be written. One sentence that says which.
    """
    import requests

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _part_of(path) as part:
            _receive(url, part, sha256, progress)
            part.chmod(0o644)  # a temporary file is its owner's alone, torch's cache is often shared
            part.replace(path)
    # A ValueError is an address or a header that cannot be read. requests' own errors are OSErrors.
    except (requests.exceptions.RequestException, ValueError) as error:
        raise WeightsError(f"{url} could not be downloaded: {_network_reason(error)}.") from None
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise WeightsError(f"There is no space left in {path.parent} for the weights.") from None
        raise WeightsError(f"The weights cannot be written to {path.parent}: {reason(error)}.") from None


@contextlib.contextmanager
def _part_of(path: Path) -> Iterator[Path]:
    """A file beside the one to be written; what is still there at the end is removed."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name + ".", suffix=".part")
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _receive(url: str, part: Path, sha256: str, progress: Progress | None) -> None:
    import requests

    sha, received = hashlib.sha256(), 0
    with part.open("wb") as file, contextlib.ExitStack() as answers:

        def close_later(answer: requests.Response, **_: object) -> None:
            answers.callback(answer.close)

        answer = requests.get(
            url,
            stream=True,
            timeout=(CONNECT_SECONDS, STALL_SECONDS),
            headers={"Accept-Encoding": "identity"},  # not compressed: the announced length is that of the file
            hooks={"response": close_later},  # also an answer that redirects to where nobody can follow
        )
        answer.raise_for_status()
        size = _announced(url, answer.headers.get("Content-Length", "0"))
        if size > shutil.disk_usage(part.parent).free:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        for chunk in answer.iter_content(CHUNK):
            file.write(chunk)
            sha.update(chunk)
            received += len(chunk)
            if max(received, size) > MOST_BYTES:
                raise WeightsError(f"{url} could not be downloaded: it has more than {MOST_BYTES} bytes.")
            if progress:
                progress(received, size)
    if not sha.hexdigest().startswith(sha256):
        begin = sha.hexdigest()[: len(sha256)]
        raise WeightsError(f"{url} could not be downloaded: its SHA-256 begins {begin}, not {sha256}.")


def _announced(url: str, length: str) -> int:
    """The bytes that a server announces. No number has more digits than any file has bytes."""
    if not (length.isascii() and length.isdecimal() and len(length) <= 18):
        raise WeightsError(f"{url} could not be downloaded: its length is said to be {quoted(length)}.")
    return int(length)


def _network_reason(error: Exception) -> str:
    from requests import exceptions

    if isinstance(error, exceptions.ConnectTimeout):
        return f"no response within {CONNECT_SECONDS:g} s"
    if isinstance(error, exceptions.HTTPError):
        return f"the server responded with {error.response.status_code}"
    if isinstance(error, exceptions.ChunkedEncodingError):
        return "it ended early"
    if isinstance(error, exceptions.SSLError):
        return "the server's certificate cannot be trusted"
    if isinstance(error, exceptions.TooManyRedirects):
        return "the server redirects without end"
    if isinstance(error, exceptions.InvalidHeader):
        return "the server's answer contradicts itself"
    if isinstance(error, ValueError):
        return "it leads to an address that cannot be used"
    if "timed out" in str(error).lower():  # while streaming a read time-out is reported as a ConnectionError
        return f"it stalled for {STALL_SECONDS:g} s"
    return "the server cannot be reached"

"""A download that completes or leaves nothing behind. Needs no torch."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from actmax.errors import WeightsError, reason

CONNECT_SECONDS = 10.0
STALL_SECONDS = 20.0
"""Without any data for this long, a download is given up."""
CHUNK = 1 << 20
MAX_BYTES = 8 << 30
"""Size of a file: a server that never ends must not fill the disk. torchvision's largest classifier has 2.5 GB."""

Progress = Callable[[int, int], None]
"""Called with the bytes received so far and the bytes in all (0 if the server does not give them)."""


def download(url: str, path: Path, sha256: str, progress: Progress | None = None) -> None:
    """Download a file, into a folder that is made if need be.

    Args:
        url: of the file.
        path: where to put it; nothing is there until the whole file is, with the right checksum.
        sha256: in hexadecimal.
        progress: called as the file arrives.

    Raises:
        WeightsError: no connection, a stall, a wrong address, a file that is incomplete or another, no space left, or a
            folder that cannot be written. One sentence says which.
    """
    import pooch
    import requests

    responses = contextlib.ExitStack()  # pooch closes none, nor those that redirect

    def close_later(response: requests.Response, **_: object) -> None:
        responses.callback(response.close)

    downloader = pooch.HTTPDownloader(
        _Bar(url, path.parent, progress),
        CHUNK,
        timeout=(CONNECT_SECONDS, STALL_SECONDS),
        headers={"Accept-Encoding": "identity"},  # not compressed: the announced length is that of the file
        hooks={"response": close_later},
    )
    pooch.get_logger().setLevel("ERROR")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with responses:
            pooch.retrieve(url, f"sha256:{sha256}", path.name, path.parent, downloader=downloader)
        path.chmod(0o644)  # a temporary file is its owner's alone, torch's cache is often shared
    # A ValueError is a checksum, an address or a header. requests' own errors are OSErrors.
    except (requests.exceptions.RequestException, ValueError) as error:
        raise WeightsError(f"{url} could not be downloaded: {_network_reason(error)}.") from None
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise WeightsError(f"There is no space left in {path.parent} for the weights.") from None
        raise WeightsError(f"The weights cannot be written to {path.parent}: {reason(error)}.") from None


class _Bar:
    """Progress in the form that pooch wants it; ends a download that does not fit the disk."""

    def __init__(self, url: str, folder: Path, progress: Progress | None) -> None:
        self._url, self._folder, self._progress = url, folder, progress
        self._received, self._total = 0, 0

    @property
    def total(self) -> int:
        """The size that the server announces, 0 if it does not."""
        return self._total

    @total.setter
    def total(self, size: int) -> None:
        if size < 0:
            raise ValueError(size)
        self._total = size
        if size > shutil.disk_usage(self._folder).free:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._check(size)

    def update(self, received: int) -> None:
        """Count bytes that have arrived."""
        self._received += received
        self._check(self._received - CHUNK)  # pooch counts the last chunk as a whole one
        if self._progress:
            self._progress(min(self._received, self._total or self._received), self._total)

    def reset(self) -> None:
        """Begin again: pooch reports the whole size once more at the end."""
        self._received = 0

    def close(self) -> None:
        """Do nothing."""

    def _check(self, size: int) -> None:
        if size > MAX_BYTES:
            raise WeightsError(f"{self._url} could not be downloaded: it has more than {MAX_BYTES} bytes.")


def _network_reason(error: Exception) -> str:
    from requests import exceptions

    message = str(error)
    if found := re.search("expected sha256:(.+) but got (.+). Deleted", message):
        return f"its SHA-256 is {found[2]}, not {found[1]}"
    if isinstance(error, exceptions.HTTPError):
        return f"the server responded with {error.response.status_code}"
    reasons: dict[type[Exception], str] = {
        exceptions.ConnectTimeout: f"no response within {CONNECT_SECONDS:g} s",
        exceptions.ChunkedEncodingError: "it ended early",
        exceptions.SSLError: "the server's certificate cannot be trusted",
        exceptions.TooManyRedirects: "the server redirects without end",
        ValueError: "the server gives an address or a length that cannot be used",
    }
    for kind, words in reasons.items():
        if isinstance(error, kind):
            return words
    stalled = "timed out" in message.lower()  # while streaming a read time-out is reported as a ConnectionError
    return f"it stalled for {STALL_SECONDS:g} s" if stalled else "the server cannot be reached"

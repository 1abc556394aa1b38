"""Serve a folder on this machine and find the browser that opens it, for tests and benchmarks.

``pyproject.toml`` puts this folder on pytest's path: ``import browsing``.
"""

from __future__ import annotations

import functools
import http.server
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Faults = Callable[[str], int | None]
"""The HTTP status with which a path is answered by an HTML page, None for the file itself."""

INSTEAD = b"<!doctype html><title>Another page</title>"


class _Handler(http.server.SimpleHTTPRequestHandler):
    def __init__(
        self, *arguments: Any, pieces: int, faults: Faults, headers: Mapping[str, str], **options: Any
    ) -> None:
        self.pieces, self.faults, self.sent = pieces, faults, headers
        super().__init__(*arguments, **options)

    def end_headers(self) -> None:
        for name, value in self.sent.items():
            self.send_header(name, value)
        super().end_headers()

    def do_GET(self) -> None:
        status = self.faults(self.path)
        if status is None:
            super().do_GET()
            return
        self.send_response(status)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(INSTEAD)))
        self.end_headers()
        self.wfile.write(INSTEAD)

    def log_message(self, *_: object) -> None:
        pass

    def copyfile(self, source: Any, outputfile: Any) -> None:
        """Write a page in pieces, with a pause after each that is long enough for the browser to paint."""
        if self.pieces == 1:
            super().copyfile(source, outputfile)
            return
        data = source.read()
        size = -(-len(data) // self.pieces) if b"<!doctype html" in data[:64].lower() else len(data) or 1
        for start in range(0, len(data), size):
            outputfile.write(data[start : start + size])
            outputfile.flush()
            time.sleep(0.05 if size < len(data) else 0)


class _Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128  # a page of pictures opens more than five connections at once


@contextmanager
def served(
    folder: Path,
    pieces: int = 1,
    faults: Faults = lambda _: None,
    headers: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """Serve a folder on this machine, and yield its address without a slash at the end.

    Args:
        folder: of a site.
        pieces: in which each page is sent, as over a slow line.
        faults: files in place of which an HTML page is sent.
        headers: that are sent with each file.
    """
    handler = functools.partial(_Handler, directory=str(folder), pieces=pieces, faults=faults, headers=headers or {})
    with _Server(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def firefox() -> str | None:
    """Return the path of the system's Firefox, or None."""
    return next(filter(None, map(shutil.which, ("firefox-esr", "firefox"))), None)


def chromium() -> str | None:
    """Return the path of the system's Chromium, or None."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

"""Serve a folder on this machine and find the browser that opens it, for tests and benchmarks.

``pyproject.toml`` puts this folder on pytest's path: ``import browsing``.
"""

from __future__ import annotations

import functools
import http.server
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class _Handler(http.server.SimpleHTTPRequestHandler):
    def __init__(self, *arguments: Any, pieces: int, **options: Any) -> None:
        self.pieces = pieces
        super().__init__(*arguments, **options)

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
def served(folder: Path, pieces: int = 1) -> Iterator[str]:
    """Serve a folder on this machine, and yield its address without a slash at the end.

    Args:
        folder: of a site.
        pieces: in which each page is sent, as over a slow line.
    """
    handler = functools.partial(_Handler, directory=str(folder), pieces=pieces)
    with _Server(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def chromium() -> str | None:
    """Return the path of the system's Chromium, or None."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

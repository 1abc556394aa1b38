"""Damaged and malicious weights files give a network or an error of one paragraph, soon and in little memory; no code
in them runs."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pickle
import random
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from nightly import extent, smoke, some
from safetensors.torch import save_file
from torch import Tensor, nn
from trials import Trials

NETWORK = "timm/test_resnet.r160_in1k"
"""The smallest residual network of timm: 1.9 MB."""
FIRST, LAST = "conv1.0.weight", "fc.weight"
State = dict[str, Tensor]
pytestmark = pytest.mark.skipif(os.name != "posix", reason="limits of memory, and fifos, are POSIX's")


@pytest.fixture(scope="module")
def state() -> State:
    torch.manual_seed(0)
    built: State = timm.create_model("test_resnet", pretrained=False).state_dict()
    return {key: value.contiguous() for key, value in built.items()}


@pytest.fixture(scope="module")
def trials(state: State, tmp_path_factory: pytest.TempPathFactory, report: Any) -> Iterator[Trials]:
    """A process that has loaded a network once."""
    started = Trials("weights")
    path = tmp_path_factory.mktemp("good") / "good.pth"
    torch.save(state, path)
    good = started.open({"path": str(path), "network": NETWORK})
    assert good.result, good
    yield started
    started.close()
    report.lines.append(started.summary())


# Pickles, opcode by opcode.

HEAD, STOP = b"\x80\x02", b"."
DIRECTORY = b"ccollections\nOrderedDict\n)R"


def number(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def text(value: str) -> bytes:
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def tensor(shape: Sequence[int], strides: Sequence[int], numbers: int, kind: str = "FloatStorage") -> bytes:
    """A tensor of this shape over the archive's first storage, which claims ``numbers`` elements."""
    sides, steps = (b"(" + b"".join(map(number, values)) + b"t" for values in (shape, strides))
    storage = b"(" + text("storage") + f"ctorch\n{kind}\n".encode() + text("0") + text("cpu") + number(numbers) + b"tQ"
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + number(0) + sides + steps + b"\x89" + DIRECTORY + b"tR"


def entry(value: bytes, key: bytes = text(FIRST)) -> bytes:
    """A pickle of a dict with one entry."""
    return HEAD + b"}" + key + value + b"s" + STOP


def zipped(body: bytes, storage: bytes = bytes(4), more: Sequence[str] = ()) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in (("data.pkl", body), ("byteorder", b"little"), ("data/0", storage), ("version", b"3\n")):
            archive.writestr(f"net/{name}", data)
        for name in more:
            archive.writestr(f"net/{name}", b"")
    return file.getvalue()


def packed(member: str, before: bytes, megabytes: int, after: bytes = b"") -> bytes:
    """An archive with one compressed member that holds so many megabytes of letters."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, data in (("data.pkl", entry(tensor([1], [1], megabytes << 18))), ("version", b"3\n")):
            if name != member:
                archive.writestr(f"net/{name}", data)
        with archive.open(f"net/{member}", "w", force_zip64=True) as opened:
            opened.write(before)
            for _ in range(megabytes):
                opened.write(b"a" * (1 << 20))
            opened.write(after)
    return file.getvalue()


def scripted(body: bytes) -> bytes:
    """An archive like those of TorchScript."""
    return zipped(body, more=("constants.pkl", "code/__torch__.py"))


def legacy(body: bytes) -> bytes:
    """The format of torch before 1.6."""
    about = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}
    head = b"".join(pickle.dumps(part, 2) for part in (0x1950A86A20F9469CFC6C, 1001, about))
    return head + body + pickle.dumps(["0"], 2) + struct.pack("<q", 1) + bytes(4)


CONTAINERS: dict[str, Callable[[bytes], bytes]] = {
    "zip": zipped,
    "legacy": legacy,
    "script": scripted,
    "bare": lambda body: body,
}
COMMAND = "touch {canary}"
PYTHON = "open('{canary}', 'w').close()"


def call(function: str, *arguments: bytes) -> bytes:
    module, _, name = function.rpartition(".")
    return f"c{module}\n{name}\n".encode() + b"(" + b"".join(arguments) + b"tR"


def gadgets(canary: Path) -> dict[str, bytes]:
    """Opcodes that create the file ``canary`` if they run; each leaves one value on the stack."""
    command, python = text(COMMAND.format(canary=canary)), text(PYTHON.format(canary=canary))
    return {
        "os.system": call("os.system", command),
        "posix.system": call("posix.system", command),
        "eval": call("builtins.eval", python),
        "exec": call("builtins.exec", python),
        "py2 eval": call("__builtin__.eval", python),
        "Popen": call("subprocess.Popen", b"(" + text("touch") + text(str(canary)) + b"l"),
        "import": call("builtins.getattr", call("importlib.import_module", text("os")), text("system")),
        "nested": call("builtins.eval", call("builtins.str", python)),
        "within OrderedDict": call("collections.OrderedDict", b"(" + call("os.system", command) + b"l"),
        "partial": call("functools.partial", b"cos\nsystem\n", command) + b")R",
        "runpy": call("runpy._run_code", python, b"}"),
        "open": call("io.open", text(str(canary)), text("w")),
        "rebuilt": call("torch._tensor._rebuild_from_type_v2", b"cos\nsystem\n", b"ctorch\nTensor\n", command, b"N"),
        "torch.load": call("torch.serialization.load", text(str(canary)), b"N"),
        "inst": b"(" + command + b"ios\nsystem\n",
        "obj": b"(cos\nsystem\n" + command + b"o",
        "stack": b"\x8c\x02os\x8c\x06system\x93" + command + b"\x85R",
        "new object": b"csubprocess\nPopen\n" + text("true") + b"\x85\x81",
        "built": b"csubprocess\nPopen\n)\x81}" + text("args") + command + b"sb",
        "extension": b"\x82\x01" + command + b"\x85R",
    }


GADGETS = [(gadget, container) for gadget in gadgets(Path("canary")) for container in CONTAINERS]


def faults_of(trials: Trials, name: str, path: Path, accepted: bool | None = False) -> list[str]:
    """Return what is wrong with the outcome. ``accepted``: whether the file must be read; None: either is right."""
    outcome = trials(name, path, network=NETWORK)
    if outcome.result and not (outcome.result["finite"] and outcome.result["shape"] == [1, 1000]):
        outcome.faults.append(f"{name}: {outcome.result}")
    if accepted is not None and not outcome.faults and (outcome.result is not None) != accepted:
        outcome.faults.append(f"{name}: {outcome.message or 'accepted'}")
    return outcome.faults


@extent
def test_no_code_runs(trials: Trials, tmp_path: Path, whole: bool) -> None:
    canary = tmp_path / "canary"
    bodies, faults = gadgets(canary), []
    for gadget, container in some(GADGETS, 7, whole):
        for ending in (".pth", ".safetensors") if whole and container == "bare" else (".pth",):
            path = tmp_path / f"{container}{ending}"
            path.write_bytes(CONTAINERS[container](entry(bodies[gadget])))
            faults += faults_of(trials, f"{gadget} in {container}{ending}", path)
            assert not canary.exists(), f"{gadget} in {container} ran"
    assert faults == []


def test_the_gadgets_run_in_pickle(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    for gadget in ("os.system", "eval", "within OrderedDict", "partial", "inst", "obj", "stack"):
        with contextlib.suppress(TypeError):  # the result is not a valid key
            pickle.loads(entry(gadgets(canary)[gadget]))
        canary.unlink()


def steps(*parts: bytes) -> Callable[[], bytes]:
    """An archive with these opcodes in place of its one tensor."""
    return lambda: zipped(entry(b"".join(parts)))


def doubling() -> bytes:
    value = call("_codecs.encode", text("a" * 200), text("utf-16"))
    for _ in range(24):
        value = call("_codecs.encode", value, text("hex"))
    return value


DEEP = b")" + b"\x85" * 1_000_000
SHARED = b")" + b"".join(b"q%ch%c\x86" % (depth, depth) for depth in range(60))
"""A tuple a million levels deep, and one that unfolds to 2 to the power of 60 elements."""
ELSEWHERE = "torch._utils._rebuild_device_tensor_from_cpu_tensor"
BOMBS: dict[str, Callable[[], bytes]] = {
    "packed storage": lambda: packed("data/0", b"", 800),
    "packed pickle": lambda: packed("data.pkl", HEAD + b"X" + struct.pack("<I", 700 << 20), 700, STOP),
    "a deep tuple": lambda: zipped(entry(b"K\x01", DEEP)),
    "a deep tuple in a legacy file": lambda: legacy(entry(b"K\x01", DEEP)),
    "tuples that share": lambda: zipped(entry(b"K\x01", SHARED)),
    "tuples that share, as a set": steps(call("builtins.set", b"(" + SHARED + b"l")),
    "tuples in marks": lambda: zipped(entry(b"K\x01", b"(" * 200_000 + b"t" * 200_000)),
    "a tensor of another device": steps(
        call(ELSEWHERE, tensor([10**9], [0], 1), b"ctorch\nfloat64\n", text("cpu"), b"\x89")
    ),
    "a tensor of gigabytes": steps(call("torch.Tensor", number(2_000_000_000))),
    "a bytearray": steps(call("builtins.bytearray", number(2_000_000_000))),
    "a text that doubles": lambda: zipped(entry(doubling())),
    "a million opcodes": steps(b"(" + b"N" * 1_000_000 + b"l"),
    "a list as deep as the file": steps(b"]" * 200_000 + b"a" * 199_999),
    "a number of many digits": lambda: zipped(entry(b"N", b"\x8a\xff" + b"\x7f" * 255)),
    "a storage that is not there": steps(tensor([10**9], [1], 10**9)),
    "a storage that is not there in a legacy file": lambda: legacy(entry(tensor([10**9], [1], 10**9))),
    "one number that claims gigabytes": steps(tensor([64_000, 64_000], [0, 0], 1)),
    "five thousand sides": steps(tensor([1] * 5000, [1] * 5000, 1)),
    "two hundred sides": steps(tensor([1] * 200, [1] * 200, 1)),
    "sides that overflow": steps(tensor([2**31 - 1] * 6, [0] * 6, 1)),
    "strides beyond the storage": steps(tensor([2], [2**30], 1)),
    "negative sides": steps(tensor([-4], [1], 1)),
    "quantized numbers": steps(tensor([1], [1], 1, "QInt32Storage")),
    "an empty tensor": steps(tensor([0], [1], 0)),
    "a mark that nothing ends": steps(b"(((("),
    "an unknown memo": steps(b"h\x07"),
    "an index of billions": steps(b"Nr\xff\xff\xff\x7f"),
}


@pytest.mark.parametrize("name", smoke(BOMBS, 6))
def test_bombs_are_refused_within_the_limits(name: str, trials: Trials, tmp_path: Path) -> None:
    path = tmp_path / "bomb.pth"
    path.write_bytes(BOMBS[name]())
    assert faults_of(trials, name, path) == []


# Complete files with other contents than a network's weights.


class Named(Tensor):
    """A subclass of Tensor."""


class Made:
    """Comes out of a pickle as the result of a function, with this state and these entries."""

    def __init__(self, *how: Any) -> None:
        self.how = how

    def __reduce__(self) -> Any:
        return self.how


def attributed(value: Tensor, **attributes: Any) -> Made:
    return Made(torch._utils._rebuild_parameter_with_state, (value, False, OrderedDict(), attributes))


def holed(value: Tensor, number: float) -> Tensor:
    changed = value.clone()
    changed.view(-1)[7] = number
    return changed


def quantized(value: Tensor) -> Tensor:
    """int8, without torch's deprecated functions."""
    return torch._empty_affine_quantized(value.shape, scale=0.1, zero_point=0, dtype=torch.qint8)


TENSORS: dict[str, tuple[Callable[[Tensor], Any], bool | None]] = {
    # The network computes in single precision, whatever the file's type.
    **{
        str(kind): (lambda value, kind=kind: value.to(kind), True)
        for kind in (torch.float64, torch.float16, torch.bfloat16, torch.float8_e5m2, torch.float8_e4m3fn)
    },
    **{
        str(kind): (lambda value, kind=kind: value.to(kind), False)
        for kind in (torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.complex64)
    },
    "complex32": (lambda value: value.to(torch.complex64).to(torch.complex32), False),
    "uint16": (lambda value: value.to(torch.int32).to(torch.uint16), False),
    "sparse": (lambda value: value.to_sparse(), False),
    "sparse with a side": (lambda value: value.to_sparse(1), False),
    "quantized": (quantized, False),
    "meta": (lambda value: value.to("meta"), False),
    "nested": (lambda value: torch.nested.nested_tensor([value, value]), False),
    "a subclass": (lambda value: value.as_subclass(Named), False),
    "a parameter": (nn.Parameter, True),
    "a parameter with attributes": (lambda value: attributed(value, shape_before=3), True),
    "a parameter whose methods are numbers": (
        lambda value: attributed(value, is_floating_point=3, isfinite=4, detach=5, float=6),
        True,
    ),
    "a tensor whose methods are numbers": (
        lambda value: Made(
            torch._tensor._rebuild_from_type_v2,
            (torch._utils._rebuild_parameter, nn.Parameter, (value, False, OrderedDict()), {"is_floating_point": 3}),
        ),
        False,
    ),
    "a conjugate": (lambda value: torch.complex(value, value).conj(), False),
    "a negative": (lambda value: torch.complex(value, value).conj().imag, None),
    "transposed twice": (lambda value: value.transpose(0, 1).contiguous().transpose(0, 1), True),
    "an expanded number": (lambda value: torch.zeros(1, 1, 1, 1).expand(value.shape), True),
    "another shape": (lambda value: value[:-1], False),
    "a transposed shape": (lambda value: value.transpose(0, 1), False),
    "flat": (lambda value: value.flatten(), False),
    "a scalar": (lambda value: value.sum(), False),
    "empty": (lambda value: value[:0], False),
    "an expanded number of gigabytes": (lambda value: torch.zeros(1).expand(10**10), False),
    "nan": (lambda value: holed(value, float("nan")), False),
    "infinite": (lambda value: holed(value, float("inf")), False),
    "minus infinite": (lambda value: holed(value, float("-inf")), False),
    "infinite in half precision": (lambda value: holed(value, 1e5).half(), False),
    "infinite in single precision only": (lambda value: holed(value.double(), 1e300), False),
    "nan in eight bits": (lambda value: holed(value, float("nan")).to(torch.float8_e5m2), False),
    "none": (lambda _: None, False),
    "a number": (lambda _: 3.5, False),
    "text": (lambda _: "weights", False),
    "a list": (lambda value: value.tolist(), False),
    "a dict": (lambda value: {"weight": value}, False),
    "a tuple": (lambda value: (value,), False),
    "bytes": (lambda value: bytearray(9), False),
}


@pytest.mark.filterwarnings("ignore")  # torch warns of the rare types
@pytest.mark.parametrize("name", smoke(TENSORS, 8))
@extent
def test_a_tensor_of_another_type(name: str, trials: Trials, state: State, tmp_path: Path, whole: bool) -> None:
    change, accepted = TENSORS[name]
    changed: dict[str, Any] = {**state, FIRST: change(state[FIRST])}
    faults = []
    for older in (False, True) if whole else (False,):
        path = tmp_path / f"{'legacy' if older else 'zip'}.pth"
        try:
            torch.save(changed, path, _use_new_zipfile_serialization=not older)
        except (NotImplementedError, RuntimeError, TypeError, AttributeError):  # it cannot be saved
            continue
        faults += faults_of(trials, f"{name} in {path.name}", path, accepted if not older else accepted and None)
    assert faults == []


def with_attributes(state: State, *names: str) -> Made:
    return Made(OrderedDict, (), dict.fromkeys(names, 3), None, iter(state.items()))


STATES: dict[str, tuple[Callable[[State], Any], bool]] = {
    "as it should be": (OrderedDict, True),
    "with a module's metadata": (lambda state: with_attributes(state, "_metadata"), True),
    "methods that are numbers": (
        lambda state: with_attributes(state, *(name for name in dir(OrderedDict) if not name.startswith("__"))),
        True,
    ),
    "without batch counters": (
        lambda state: {key: value for key, value in state.items() if not key.endswith("num_batches_tracked")},
        True,
    ),
    "a key too few": (lambda state: {key: value for key, value in state.items() if key != LAST}, False),
    "a key too many": (lambda state: {**state, "more": torch.zeros(1)}, False),
    "keys that are methods": (
        lambda state: {**state, "items": torch.zeros(1), "__class__": torch.zeros(1)},
        False,
    ),
    "a number as key": (lambda state: {**state, 7: torch.zeros(1)}, False),
    "none as key": (lambda state: {**state, None: torch.zeros(1)}, False),
    "bytes as key": (lambda state: {**state, b"\xff\n": torch.zeros(1)}, False),
    "a tuple as key": (lambda state: {**state, ("a", "b\n"): torch.zeros(1)}, False),
    "a long number as key": (lambda state: {**state, 10**500: torch.zeros(1)}, False),
    "a key of 540 000 characters": (lambda state: {**state, "weight" * 90_000: torch.zeros(1)}, False),
    "line breaks in a key": (lambda state: {**state, "a\n\nb\x1b[2J": torch.zeros(1)}, False),
    "a lone surrogate in a key": (lambda state: {**state, "\udc80": torch.zeros(1)}, False),
    "no keys": (lambda _: {}, False),
    "ten thousand keys": (lambda state: {f"layer{number}": torch.zeros(1) for number in range(10_000)}, False),
    "a checkpoint": (lambda state: {"state_dict": state, "epoch": 3}, True),
    "a checkpoint of a checkpoint": (lambda state: {"model": {"model": {"model": state}}}, True),
    "a list": (lambda state: list(state.values()), False),
    "one tensor": (lambda state: state[FIRST], False),
    "none": (lambda _: None, False),
    "text": (lambda _: "weights\n", False),
    "another network's": (lambda _: nn.Conv2d(3, 4, 5).state_dict(), False),
    "a module": (lambda _: nn.Linear(2, 2), False),
    "a shortened bias": (lambda state: {**state, "fc.bias": state["fc.bias"][:3]}, False),
    "counters as floats": (
        lambda state: {key: value.float() for key, value in state.items()},
        False,
    ),
    "all in double precision": (
        lambda state: {key: value.double() if value.is_floating_point() else value for key, value in state.items()},
        True,
    ),
}


@pytest.mark.parametrize("name", smoke(STATES, 6))
@extent
def test_a_state_of_another_form(name: str, trials: Trials, state: State, tmp_path: Path, whole: bool) -> None:
    make, accepted = STATES[name]
    faults = []
    for older in (False, True) if whole else (False,):
        path = tmp_path / f"{'legacy' if older else 'zip'}.pth"
        torch.save(make(state), path, _use_new_zipfile_serialization=not older)
        faults += faults_of(trials, f"{name} in {path.name}", path, accepted)
    assert faults == []


# Damage.


def written(state: State, folder: Path) -> dict[str, bytes]:
    """Return a weights file in each format, by file name."""
    torch.save(state, folder / "zip.pth")
    torch.save(state, folder / "legacy.pth", _use_new_zipfile_serialization=False)
    save_file(state, folder / "net.safetensors")
    return {name: (folder / name).read_bytes() for name in ("zip.pth", "legacy.pth", "net.safetensors")}


@extent
def test_truncated_files(trials: Trials, state: State, tmp_path: Path, whole: bool) -> None:
    faults, dice = [], random.Random(1)
    for name, data in written(state, tmp_path).items():
        lengths = [0, 1, 4, 8, 9, 64, 1000, len(data) // 2, len(data) - 30, len(data) - 1]
        for length in some([*lengths, *(dice.randrange(len(data)) for _ in range(10))], 7, whole):
            (tmp_path / name).write_bytes(data[:length])
            faults += faults_of(trials, f"{name} truncated to {length} bytes", tmp_path / name)
    assert faults == []


@extent
def test_flipped_bits(trials: Trials, state: State, tmp_path: Path, whole: bool) -> None:
    """A flipped bit in a weight is not detected here; files of our own have a checksum."""
    faults, dice = [], random.Random(2)
    for name, data in written(state, tmp_path).items():
        head = [*range(0, 40, 5), *(dice.randrange(6000) for _ in range(12))]
        tail = [-dice.randrange(1, 9000) for _ in range(8)]
        for index in some([*head, *tail, *(dice.randrange(len(data)) for _ in range(8))], 9, whole):
            changed = bytearray(data)
            changed[index] ^= 1 << dice.randrange(8)
            (tmp_path / name).write_bytes(changed)
            faults += faults_of(trials, f"{name} with a bit flipped at {index}", tmp_path / name, None)
    assert faults == []


# Headers of safetensors files.


def header(text: str | bytes, body: bytes = b"", length: int | None = None) -> bytes:
    data = text.encode() if isinstance(text, str) else text
    return struct.pack("<Q", len(data) if length is None else length) + data + body


def entry_with(**changes: Any) -> str:
    return json.dumps({FIRST: {"dtype": "F32", "shape": [1], "data_offsets": [0, 4], **changes}})


HEADERS: dict[str, bytes] = {
    "nothing": b"",
    "seven bytes": b"\0" * 7,
    "a header of no length": header(""),
    "a header of 2^64": header("{}", length=2**64 - 1),
    "a header of 2^63": header("{}", length=2**63),
    "a header of gigabytes": header("{}", length=3 << 30),
    "a header of 100 MB": header("{}", length=100_000_000),
    "a header that is too short": header(entry_with(), bytes(4), 20),
    "a header that is too long": header(entry_with(), bytes(4), 2000),
    "no JSON": header("weights"),
    "half of it": header(entry_with()[:-5], bytes(4)),
    "a list": header("[]"),
    "no tensors": header("{}"),
    "deep JSON": header("[" * 100_000),
    "deep JSON in a tensor": header('{"a":' * 5000 + "1" + "}" * 5000),
    "not UTF-8": header(b'{"\xff":1}'),
    "a NUL": header("\0" + entry_with(), bytes(4)),
    "a number for a tensor": header(json.dumps({FIRST: 3})),
    "no shape": header(json.dumps({FIRST: {"dtype": "F32", "data_offsets": [0, 4]}}), bytes(4)),
    "an unknown type": header(entry_with(dtype="F33"), bytes(4)),
    "complex": header(entry_with(dtype="C64", shape=[1], data_offsets=[0, 8]), bytes(8)),
    "four bits": header(entry_with(dtype="F4", shape=[8], data_offsets=[0, 4]), bytes(4)),
    "negative sides": header(entry_with(shape=[-1]), bytes(4)),
    "sides of 2^62": header(entry_with(shape=[2**62, 4]), bytes(4)),
    "sides of 2^64": header(entry_with(shape=[2**64, 1]), bytes(4)),
    "huge sides of nothing": header(entry_with(shape=[0, 2**62], data_offsets=[0, 0])),
    "broken sides": header(entry_with(shape=[1.5]), bytes(4)),
    "many sides": header(entry_with(shape=[1] * 3000), bytes(4)),
    "offsets in reverse": header(entry_with(data_offsets=[4, 0]), bytes(4)),
    "offsets beyond the end": header(entry_with(shape=[10**9], data_offsets=[0, 4 * 10**9]), bytes(4)),
    "offsets of 2^64": header(entry_with(data_offsets=[2**64 - 4, 2**64]), bytes(4)),
    "bytes left over": header(entry_with(), bytes(400)),
    "offsets that overlap": header(
        json.dumps({name: {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]} for name in "abc"}), bytes(4)
    ),
    "a name twice": header(entry_with()[:-1] + ", " + entry_with()[1:], bytes(8)),
    "metadata that is no text": header(json.dumps({"__metadata__": {"a": [1]}})),
    "metadata alone": header(json.dumps({"__metadata__": {"a": "b"}})),
    "line breaks in a name": header(entry_with().replace("conv1", "\\n\\n"), bytes(4)),
    "a name of 90 000 characters": header(entry_with().replace("conv1", "a" * 90_000), bytes(4)),
    "ten thousand tensors": header(
        json.dumps({f"t{n}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for n in range(10_000)})
    ),
}


@pytest.mark.parametrize("name", smoke(HEADERS, 9))
def test_safetensors_headers(name: str, trials: Trials, tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    path.write_bytes(HEADERS[name])
    assert faults_of(trials, name, path) == []


# Other files.

BODIES: dict[str, bytes] = {
    "empty": b"",
    "text": b"these are no weights\n" * 9,
    "a page": b"<!DOCTYPE html>\n<html><head><title>404</title></head><body>Not found</body></html>\n",
    "a pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
    "zeros": bytes(100_000),
    "noise": random.Random(3).randbytes(100_000),
    "a zip of nothing": b"PK\x05\x06" + bytes(18),
    "the beginning of a zip": b"PK\x03\x04",
    "gzip": b"\x1f\x8b\x08" + bytes(40),
    "JSON": b'{"conv1.weight": [1, 2, 3]}',
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(99),
    "a program": b"\x7fELF" + bytes(99),
}


@pytest.mark.parametrize("ending", ["pth", "safetensors", "bin"])
@extent
def test_files_of_other_formats(ending: str, trials: Trials, tmp_path: Path, whole: bool) -> None:
    path, faults = tmp_path / f"net.{ending}", []
    for name, data in some(list(BODIES.items()), 3, whole):
        path.write_bytes(data)
        faults += faults_of(trials, f"{name} as .{ending}", path)
    assert faults == []


def test_paths_that_name_no_regular_file(trials: Trials, state: State, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.pth")
    (tmp_path / "folder.pth").mkdir()
    (tmp_path / "loop.pth").symlink_to(tmp_path / "loop.pth")
    (tmp_path / "around.pth").symlink_to(tmp_path / "back.pth")
    (tmp_path / "back.pth").symlink_to(tmp_path / "around.pth")
    (tmp_path / "dangling.pth").symlink_to(tmp_path / "nowhere")
    names = [
        "fifo",
        "folder",
        "loop",
        "around",
        "dangling",
        "nul\0",
        "a" * 3000,
        "absent",
        "absent/absent",
        "fifo.pth/a",
    ]
    paths: list[Path | str] = [*(tmp_path / f"{name}.pth" for name in names), "/dev/zero", "/dev/null", "", "a\n" * 9]
    faults = [fault for path in paths for fault in faults_of(trials, repr(path), Path(path))]
    torch.save(state, tmp_path / "two\nlines.pth")
    assert faults_of(trials, "a name of two lines", tmp_path / "two\nlines.pth", accepted=True) == []
    torch.save({}, tmp_path / "two\nlines.pth")
    assert [*faults, *faults_of(trials, "a name of two lines", tmp_path / "two\nlines.pth")] == []

"""Read files of ``torch.save`` without unpickling them. Needs no torch.

A pickle is a program. Python's own reader runs it, and imports and calls whatever it names; torch's (``weights_only``)
refuses the settings and NumPy's numbers in most checkpoints, and a file of a few bytes makes it fill the memory or
crash. Here, each instruction only takes notes: a tensor becomes the description of its bytes in the file, and whatever
is no tensor, container, number or text becomes an :class:`Other`, which holds nothing. Nothing is imported, called,
compared or hashed but texts.

What a pickle may call is limited all the same: a file that would run code in other readers is refused.
"""

from __future__ import annotations

import io
import pickletools
import struct
import sys
import zipfile
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from actmax.errors import quoted

MAX_STEPS = 250_000
"""Instructions of a file: a tensor takes some 25, and the largest checkpoints have some 6000, with averages and the
state of the optimizer."""
MAX_AXES = 64
"""Of a tensor, as in torch."""
_MAGIC = 0x1950A86A20F9469CFC6C
"""The first number in a file of the older format."""
_STORAGES: Mapping[str, tuple[str, int]] = {
    "Double": ("float64", 8),
    "Float": ("float32", 4),
    "Half": ("float16", 2),
    "BFloat16": ("bfloat16", 2),
    "Long": ("int64", 8),
    "Int": ("int32", 4),
    "Short": ("int16", 2),
    "Char": ("int8", 1),
    "Byte": ("uint8", 1),
    "Bool": ("bool", 1),
    "ComplexDouble": ("complex128", 16),
    "ComplexFloat": ("complex64", 8),
    "Untyped": ("uint8", 1),
    "QInt8": ("", 1),
    "QUInt8": ("", 1),
    "QInt32": ("", 4),
    "QUInt4x2": ("", 1),
    "QUInt2x4": ("", 1),
}
"""The type and size of a number in each kind of storage; quantized ones are no plain numbers."""
_DICTS = frozenset({"builtins.dict", "collections.OrderedDict", "collections.defaultdict", "collections.Counter"})
_PLAIN: Mapping[str, str] = {
    "_codecs": "encode",
    "builtins": "bytearray complex frozenset list object range set slice tuple",
    "collections": "deque",
    "copyreg": "__newobj__ _reconstructor",
    "datetime": "date datetime time timedelta timezone",
    "decimal": "Decimal",
    "fractions": "Fraction",
    "functools": "partial",
    "numpy": "dtype ndarray",
    "pathlib": "Path PosixPath PurePath PurePosixPath PureWindowsPath WindowsPath",
    "random": "Random",
    "torch": "Size device",
    "torch.serialization": "_get_layout",
    "types": "SimpleNamespace",
    "uuid": "UUID",
    **{f"numpy.{core}.multiarray": "_reconstruct scalar" for core in ("core", "_core")},
    **{f"numpy.{core}.numeric": "_frombuffer" for core in ("core", "_core")},
    "pathlib._local": "Path PosixPath PurePath PurePosixPath PureWindowsPath WindowsPath",
}
"""What makes ordinary objects when it is called, by module."""
_HARMLESS = _DICTS | {f"{module}.{name}" for module, names in _PLAIN.items() for name in names.split()}


class RefusedError(ValueError):
    """A file that needs more than tensors do; the message is the reason."""


class Name(str):
    """The name of a class or function that a pickle looks up, such as ``argparse.Namespace``."""

    __slots__ = ()


@dataclass(frozen=True, eq=False, slots=True)
class Other:
    """An object that is no tensor, container, number or text. It holds nothing."""

    name: str
    """Of its class, or of the function that made it."""


@dataclass(frozen=True, eq=False, slots=True)
class Storage:
    """The numbers that tensors share."""

    key: str
    kind: str
    """Such as ``FloatStorage``."""
    start: int = 0
    """Where a view begins, in numbers."""


@dataclass(frozen=True, eq=False, slots=True)
class Stored:
    """A tensor in the file."""

    key: str
    """Of its storage."""
    dtype: str
    """Its type in torch, such as ``float32``."""
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    """As ``torch.as_strided`` takes them."""


@dataclass(frozen=True)
class Checkpoint:
    """What a file holds."""

    value: object
    """Dicts, lists, tuples, numbers, texts, :class:`Stored` and :class:`Other`. Keys that are no text are objects."""
    places: Mapping[str, tuple[int, int]]
    """Where the bytes of each storage lie in the file, and how many there are."""


def read(path: Path) -> Checkpoint:
    """Read a file of ``torch.save``, in its present or its older format.

    Raises:
        RefusedError: it would call what no tensor needs, or cannot be read safely.
        Exception: any other, if it is damaged or no such file at all.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        zipped = file.read(4) == b"PK\x03\x04"  # as torch does
        file.seek(0)
        checkpoint = _zipped(file, size) if zipped else _legacy(file)
    if any(start + length > size for start, length in checkpoint.places.values()):
        raise ValueError("the file ends early")
    return checkpoint


def _zipped(file: IO[bytes], size: int) -> Checkpoint:
    with zipfile.ZipFile(file) as archive:
        members = {member.filename: member for member in archive.infolist()}
    folder = next(name for name in members if name.endswith("data.pkl")).removesuffix("data.pkl")
    if f"{folder}constants.pkl" in members:
        raise RefusedError("it is a TorchScript archive, which holds code")
    if sum(member.file_size for member in members.values()) > size:  # torch compresses nothing
        raise RefusedError("it is compressed")

    def place(name: str) -> tuple[int, int]:
        # Not by the archive, since torch may leave out the checksums.
        file.seek(members[name].header_offset + 26)
        lengths = struct.unpack("<HH", file.read(4))
        return members[name].header_offset + 30 + sum(lengths), members[name].file_size

    def content(name: str) -> bytes:
        start, length = place(name)
        file.seek(start)
        return file.read(length)

    if f"{folder}byteorder" in members and content(f"{folder}byteorder") != b"little":
        raise RefusedError("its numbers are big-endian")
    reader = _Reader()
    value = reader.read(io.BytesIO(content(f"{folder}data.pkl")))
    names = {key: f"{folder}data/{key}" for key in reader.storages}
    return Checkpoint(value, {key: place(name) for key, name in names.items() if name in members})


def _legacy(file: IO[bytes]) -> Checkpoint:
    reader = _Reader()
    magic, _, system = (reader.read(file) for _ in range(3))
    if magic != _MAGIC:
        raise ValueError("not a file of torch.save")
    if not isinstance(system, dict) or not system.get("little_endian"):
        raise RefusedError("its numbers are big-endian")
    value = reader.read(file)
    keys = reader.read(file)
    places = {}
    for key in keys if isinstance(keys, list) else []:
        (count,) = struct.unpack("<q", file.read(8))
        length = count * _STORAGES[reader.storages[str(key)].removesuffix("Storage")][1]
        if length < 0:
            raise ValueError("a storage of negative length")
        places[str(key)] = (file.tell(), length)
        file.seek(length, io.SEEK_CUR)
    return Checkpoint(value, places)


@dataclass
class _Reader:
    """Follows pickles, one after the other."""

    storages: dict[str, str] = field(default_factory=dict)
    """The kind of each storage by its key."""
    steps: int = 0

    def read(self, pickle: IO[bytes]) -> object:
        """Return the value of the next pickle."""
        stack: list[Any] = []
        marks: list[list[Any]] = []
        memo: dict[int, Any] = {}
        argument: Any
        for code, argument, _ in pickletools.genops(pickle):
            self.steps += 1
            if self.steps > MAX_STEPS:
                raise RefusedError("it has too many instructions")
            items: list[Any] = []
            if pickletools.markobject in code.stack_before:
                items, stack = stack, marks.pop()
            match code.name:
                case name if name in _CONSTANTS:
                    stack.append(argument)
                case "BINPUT" | "LONG_BINPUT" | "PUT":
                    memo[argument] = stack[-1]
                case "BINGET" | "LONG_BINGET" | "GET":
                    stack.append(memo[argument])
                case "MEMOIZE":
                    memo[len(memo)] = stack[-1]
                case "MARK":
                    marks.append(stack)
                    stack = []
                case "GLOBAL":
                    stack.append(_name(*argument.split(" ", 1)))
                case "STACK_GLOBAL":
                    stack[-2:] = [_name(*stack[-2:])]
                case "BINPERSID":
                    stack.append(self._storage(stack.pop()))
                case "REDUCE":
                    stack[-2:] = [_called(*stack[-2:])]
                case "NEWOBJ":
                    stack[-2:] = [_made(*stack[-2:])]
                case "NEWOBJ_EX":
                    stack[-3:] = [_made(*stack[-3:-1])]
                case "INST":
                    stack.append(_called(_name(*argument.split(" ", 1)), items))
                case "OBJ":
                    stack.append(_called(items[0], items[1:]))
                case "BUILD":  # the state of an object
                    stack.pop()
                case "EMPTY_TUPLE" | "TUPLE":
                    stack.append(tuple(items))
                case "TUPLE1" | "TUPLE2" | "TUPLE3" as name:
                    stack[-int(name[-1]) :] = [tuple(stack[-int(name[-1]) :])]
                case "EMPTY_LIST" | "LIST" | "EMPTY_SET" | "FROZENSET":  # elements of sets would be hashed
                    stack.append(items)
                case "EMPTY_DICT" | "DICT":
                    stack.append(_filled({}, items))
                case "SETITEM":
                    stack[-3:] = [_filled(stack[-3], stack[-2:])]
                case "SETITEMS":
                    _filled(stack[-1], items)
                case "APPEND":
                    stack[-2:] = [_extended(stack[-2], stack[-1:])]
                case "APPENDS" | "ADDITEMS":
                    _extended(stack[-1], items)
                case "NONE" | "NEWTRUE" | "NEWFALSE" as name:
                    stack.append({"NONE": None, "NEWTRUE": True, "NEWFALSE": False}[name])
                case "POP":
                    stack.pop()
                case "STOP":
                    return stack.pop()
                case "PROTO" | "FRAME" | "POP_MARK":
                    pass
                case name:
                    raise RefusedError(f"it has the instruction {name}, which no tensor needs")
        raise ValueError("the pickle has no end")

    def _storage(self, about: tuple[Any, ...]) -> object:
        if about[0] == "module":  # a class, with its code
            return about[1]
        name, key, _, _, *view = about[1:]
        kind = str(name).rpartition(".")[2]
        if not isinstance(name, Name) or kind.removesuffix("Storage") not in _STORAGES:
            raise ValueError("no storage")
        self.storages[str(key)] = kind
        return Storage(str(key), kind, view[0][1] if view and view[0] else 0)


_CONSTANTS = frozenset(
    code.name
    for code in pickletools.opcodes
    if code.arg and not code.stack_before and code.stack_after not in ([], [pickletools.anyobject])
)
"""Instructions that hold a number or a text."""


def _name(module: object, name: object) -> Name:
    """Return a name as Python 3 has it: older protocols write those of Python 2."""
    module, name = NAME_MAPPING.get((str(module), str(name)), (IMPORT_MAPPING.get(str(module), module), name))
    return Name(f"{module}.{name}")


def _filled(target: object, items: list[Any]) -> object:
    """Add keys and values to a dict. Only texts are hashed."""
    if isinstance(target, dict):
        for key, value in zip(items[::2], items[1::2], strict=True):
            target[key if type(key) is str else object()] = value
    elif not isinstance(target, Other):
        raise TypeError("no dict")
    return target


def _extended(target: object, items: list[Any]) -> object:
    if isinstance(target, list):
        target += items
    elif not isinstance(target, Other):
        raise TypeError("no list")
    return target


def _made(kind: object, arguments: Any) -> object:
    """Note a new object of a class."""
    if not isinstance(kind, Name):
        raise RefusedError("it is a pickle that calls what it has made")
    if kind == "torch.nn.parameter.Parameter":
        return arguments[0]
    return {} if kind in _DICTS else Other(kind)


def _called(function: object, arguments: Any) -> object:
    """Note the result of a call.

    Raises:
        RefusedError: the call may run code in other readers.
    """
    if not isinstance(function, Name):
        raise RefusedError("it is a pickle that calls what it has made")
    if function in _REBUILT:
        return _REBUILT[function](*arguments)
    if function in _DICTS:
        found: dict[str, object] = {}
        for pair in arguments[0] if arguments and isinstance(arguments[0], list) else []:
            _filled(found, list(pair))
        return found
    if function == "builtins.getattr" and isinstance(arguments[0], Name):  # a member of an enumeration
        return _name(*arguments)
    if function == "torch._tensor._rebuild_from_type_v2":  # a subclass of tensors, or one with attributes
        inner = _called(arguments[0], arguments[2])
        return inner if arguments[1] == "torch.Tensor" else Other(str(arguments[1]))
    if not _is_harmless(function):
        raise RefusedError(f"it is a pickle that calls {quoted(str(function))}, which no tensor needs")
    return _made(function, arguments)


def _is_harmless(function: str) -> bool:
    """Whether a call makes an ordinary object: by its name alone, since nothing is imported."""
    package, name = function.partition(".")[0], function.rpartition(".")[2]
    return (
        function in _HARMLESS
        or function.startswith(("torch._utils._rebuild_", "numpy.random."))
        or (name[:1].isupper() and package not in sys.stdlib_module_names - {"builtins"})
    )


def _tensor(storage: Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *more: Any) -> object:
    """Note a tensor; the arguments are those of torch's functions of the same names."""
    dtype = _STORAGES[storage.kind.removesuffix("Storage")][0]
    metadata = more[2:]
    if storage.kind == "UntypedStorage":
        dtype, metadata = str(more[2]).removeprefix("torch."), more[3:]
    if not dtype or any(metadata):
        return Other("quantized numbers" if not dtype else "a conjugate")
    for numbers in ((offset, storage.start), shape, strides):
        if len(numbers) > MAX_AXES or not all(type(number) is int and number >= 0 for number in numbers):
            raise ValueError("no shape")
    return Stored(storage.key, dtype, storage.start + offset, shape, strides)


_REBUILT: Mapping[str, Callable[..., object]] = {
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_tensor_v3": _tensor,
    "torch._utils._rebuild_parameter": lambda value, *_: value,
    "torch._utils._rebuild_parameter_with_state": lambda value, *_: value,
    "torch.nn.parameter.Parameter": lambda value, *_: value,
}

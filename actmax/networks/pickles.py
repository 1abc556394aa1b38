"""Check a pickle of weights before anything is unpickled. Needs no torch.

Torch's own reader (``weights_only``) runs no code, but follows every other instruction: a file of a few bytes makes it
fill the memory, count for years, or crash. A state dict needs few instructions, and no others pass.
"""

from __future__ import annotations

import pickletools
import re
import zipfile
from pathlib import Path
from typing import IO

from actmax.errors import quoted

MAX_STEPS = 200_000
"""Instructions of a pickle: the largest classifiers have some 3000 tensors, of 30 instructions each."""
MAX_TUPLE = 1000
"""Parts of a tuple, with those of the tuples in it. Keys are hashed: for a tuple whose tuples are shared this never
ends, and for one a million tuples deep it overflows the stack. A tensor's own tuples have some 40 parts."""
MAX_PROTOCOL = 3
_ALLOWED = {
    "collections OrderedDict",
    "torch Size",
    "torch.nn.parameter Parameter",
    *(
        f"torch._utils _rebuild_{made}"
        for made in ("tensor", "tensor_v2", "tensor_v3", "parameter", "parameter_with_state")
    ),
}
"""Names that may be looked up, besides storages and types. Others of torch's make tensors larger than their file."""
_TYPE = re.compile(r"torch(\.storage)? (\w+Storage|(b?float|u?int|complex|bool)\w*)")
"""The name of a storage, or of a kind of number."""
_PICKLES = 5
"""The older format consists of so many: three of a header, the state, and its storages."""


class RefusedError(ValueError):
    """A pickle that needs more than a state dict does; the message is the reason."""


def check(path: Path) -> None:
    """Check a file of ``torch.save``.

    Raises:
        RefusedError: it holds instructions that no state dict needs, or that torch cannot read safely.
        Exception: any other, if it is no such file at all.
    """
    with path.open("rb") as file:
        if file.read(4) != b"PK\x03\x04":  # as torch does
            file.seek(0)
            for _ in range(_PICKLES):
                _check(file)
            return
        with zipfile.ZipFile(file) as archive:
            # Torch compresses nothing.
            if sum(member.file_size for member in archive.infolist()) > path.stat().st_size:
                raise RefusedError("it is compressed")
            for name in archive.namelist():
                if name.endswith("data.pkl"):
                    with archive.open(name) as pickle:
                        _check(pickle)


def _check(pickle: IO[bytes]) -> None:
    """Follow a pickle step by step, with the sizes of what would be on its stacks, one for each open mark."""
    stacks: list[list[int]] = [[]]
    memo: dict[object, int] = {}
    for step, (code, argument, _) in enumerate(pickletools.genops(pickle)):
        if step == MAX_STEPS:
            raise RefusedError("it has too many instructions")
        if code.name == "PROTO" and isinstance(argument, int) and argument > MAX_PROTOCOL:
            raise RefusedError(f"it has pickle protocol {argument}, and only torch's default can be read safely")
        if code.name == "GLOBAL" and argument not in _ALLOWED and not _TYPE.fullmatch(str(argument)):
            raise RefusedError(f"it is a pickle of more than tensors, and looks up {quoted(argument)}")
        if code.name == "MARK":
            stacks.append([])
        elif code.name in ("BINPUT", "LONG_BINPUT"):
            memo[argument] = stacks[-1][-1]
        elif code.name in ("BINGET", "LONG_BINGET"):
            stacks[-1].append(memo[argument])
        else:
            kinds = [kind.name for kind in code.stack_before]
            taken = stacks.pop() if "mark" in kinds else []
            taken += [stacks[-1].pop() for kind in kinds if kind not in ("mark", "stackslice")]
            # What is no tuple is hashed, if at all, by its address.
            size = 1 + sum(taken) if "TUPLE" in code.name else 1
            if size > MAX_TUPLE:
                raise RefusedError("it has too large a tuple")
            stacks[-1] += [size] * len(code.stack_after)

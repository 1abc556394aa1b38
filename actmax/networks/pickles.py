"""What a pickle of weights may ask for, told from its text before anything is unpickled. Needs no torch.

Torch's own reader (``weights_only``) runs no code, but does what it is told: a file of a few bytes makes it fill the
memory, count for years, or crash. A state dict asks for little, and nothing else is let through.
"""

from __future__ import annotations

import pickletools
import re
import zipfile
from pathlib import Path
from typing import IO

MOST_STEPS = 200_000
"""In a pickle: the largest classifiers have some 3000 tensors, of 30 steps each."""
LARGEST_TUPLE = 1000
"""In all that it holds, also what tuples in it hold. Keys are hashed: of a tuple whose tuples are shared this takes
for ever, and of one a million tuples deep it overflows the stack. A tensor's own tuples have some 40 parts."""
_ALLOWED = {
    "collections OrderedDict",
    "torch Size",
    "torch.nn.parameter Parameter",
    *(
        f"torch._utils _rebuild_{made}"
        for made in ("tensor", "tensor_v2", "tensor_v3", "parameter", "parameter_with_state")
    ),
}
"""Besides storages and types. Others of torch's make tensors larger than the file that they come from."""
_TYPE = re.compile(r"torch(\.storage)? (\w+Storage|(b?float|u?int|complex|bool)\w*)")
"""The name of a storage, or of a kind of number."""
_PICKLES = 5
"""Of which the older format consists: what it is (thrice), the state, and its storages."""


def check(path: Path) -> None:
    """Looks through a file of ``torch.save``.

    Raises:
        ValueError: it asks for what no state dict needs.
        Exception: any other, where it is no such file at all.
    """
    with path.open("rb") as file:
        if file.read(4) != b"PK\x03\x04":  # as torch tells
            file.seek(0)
            for _ in range(_PICKLES):
                _check(file)
            return
        with zipfile.ZipFile(file) as archive:
            # Torch packs nothing, so that nothing has to be larger than it lies there.
            if sum(member.file_size for member in archive.infolist()) > path.stat().st_size:
                raise ValueError("more comes out than is in it")
            for name in archive.namelist():
                if name.endswith("data.pkl"):
                    with archive.open(name) as pickle:
                        _check(pickle)


def _check(pickle: IO[bytes]) -> None:
    """Follows a pickle step by step. Of what would lie on its stacks, one for each open mark, only sizes are kept."""
    stacks: list[list[int]] = [[]]
    memo: dict[object, int] = {}
    for step, (code, argument, _) in enumerate(pickletools.genops(pickle)):
        if step == MOST_STEPS:
            raise ValueError("it has too many steps")
        if code.name == "GLOBAL" and argument not in _ALLOWED and not _TYPE.fullmatch(str(argument)):
            raise ValueError(f"it asks for {argument}")
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
            # What is no tuple is hashed, if at all, by where it lies.
            size = 1 + sum(taken) if "TUPLE" in code.name else 1
            if size > LARGEST_TUPLE:
                raise ValueError("a tuple in it is too large")
            stacks[-1] += [size] * len(code.stack_after)

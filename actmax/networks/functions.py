"""Networks that a function of the user's returns, named ``module:function``: code that runs. Needs no torch."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from actmax import files
from actmax.errors import ActmaxError, UnknownNameError, printable, quoted, reason


def source_file(name: str, folder: Path) -> Path:
    """Return the file of a module, in a folder or installed, without running any of it.

    Args:
        name: ``module:function``.
        folder: where it is looked for first.

    Raises:
        UnknownNameError: there is no such module.
    """
    module = name.partition(":")[0]
    first, *rest = module.split(".")
    try:
        found = importlib.util.find_spec(first)
    except (ImportError, ValueError):  # a module of this name was made by hand
        found = None
    installed = Path(found.origin).parent if found and found.origin and not rest else None
    bases = [folder.joinpath(first), *map(Path, (found and found.submodule_search_locations) or ())]
    stems = [base.joinpath(*rest) for base in bases] + ([installed / first] if installed else [])
    for stem in stems:
        for path in (stem / "__init__.py", stem.with_name(f"{stem.name}.py")):
            if path.is_file():
                return path
    raise UnknownNameError(
        f"{quoted(name)}: there is no module {quoted(module)} in {printable(folder.absolute())}, and none is installed."
    )


def digest(name: str, folder: Path) -> str:
    """Return a digest of the code of a module, whatever its line endings. Modules that it imports are not part of it.

    Raises:
        UnknownNameError: there is no such module.
        ActmaxError: its file cannot be read.
    """
    path = source_file(name, folder)
    try:
        return files.digest(path.read_bytes().replace(b"\r\n", b"\n"))
    except OSError as error:
        raise ActmaxError(f"{printable(path)} cannot be read: {reason(error)}.") from None


def call(name: str, folder: Path) -> object:
    """Run the module's code, as it is now, and the function, and return what it returns.

    Raises:
        UnknownNameError: there is no such module or function.
        ActmaxError: the code raises an error.
    """
    path = source_file(name, folder)
    module_name, _, function = name.partition(":")
    with _importing_from(folder.absolute()):
        try:
            module = _import(module_name, path)
        except ActmaxError:
            raise
        except Exception as error:
            raise ActmaxError(f"{printable(path)} cannot be imported: {_where(error, path)}") from error
        made = getattr(module, function, None)
        if not callable(made):
            raise UnknownNameError(f"{quoted(name)}: {printable(path)} has no function {quoted(function)}.")
        try:
            return made()
        except Exception as error:
            raise ActmaxError(f"{name} in {printable(path)} fails: {_where(error, path)}") from error


def _import(name: str, path: Path) -> ModuleType:
    known = sys.modules.get(name)
    if known is None:
        importlib.invalidate_caches()
        return importlib.import_module(name)
    if Path(known.__file__ or "").resolve() != path.resolve():
        raise ActmaxError(
            f"{printable(path)} cannot be imported: another module {quoted(name)} is, from "
            f"{printable(known.__file__)}. Give yours another name."
        )
    return importlib.reload(known)  # under `mkdocs serve` it may have been edited


@contextmanager
def _importing_from(folder: Path) -> Iterator[None]:
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        if str(folder) in sys.path:
            sys.path.remove(str(folder))


def _where(error: Exception, path: Path) -> str:
    """Return an error's kind and message, and the line of the file that led to it."""
    if isinstance(error, SyntaxError):
        return f"line {error.lineno}: {error.msg}."
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == path]
    at = f"line {lines[-1]}: " if lines else ""
    message = (str(error).strip() or "no message").splitlines()[0].rstrip(".")
    return f"{at}{type(error).__name__}: {message}."

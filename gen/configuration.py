"""The door to mkdocs.yml for the shell: read as MkDocs reads it, with variables and inherited files filled in."""

from pathlib import Path
from typing import Any, BinaryIO

import yaml
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import ConfigurationError
from mkdocs.utils.yaml import get_yaml_loader, yaml_load

from actmax.errors import reason
from gen.settings import SettingsError

DEEPEST = 100
"""Brackets and indents within one another. The reader calls itself for each, and where Python's stack ends under it,
a finalizer that happens to run there is reported on the console beside our own words."""


def read(path: Path) -> dict[str, Any]:
    """All that stands in a mkdocs.yml.

    Raises:
        SettingsError: there is no such file, or it is not YAML.
    """
    try:
        with path.open("rb") as file:
            if _depth(file) > DEEPEST:
                raise SettingsError(f"{path} is not valid YAML: its brackets are nested too deep.")
            file.seek(0)
            values = yaml_load(file, get_yaml_loader(config=MkDocsConfig(str(path))))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {reason(error)}. Name it with --config.") from None
    # A date that no calendar has, or a `!!bool` or `!!timestamp` that is none: the reader lets all of these through.
    except (ConfigurationError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise SettingsError(f"{path} is not valid YAML: {str(error)[:500]}") from None
    except RecursionError:  # of a file that it inherits from
        raise SettingsError(f"{path} is not valid YAML: its brackets are nested too deep.") from None
    return values if isinstance(values, dict) else {}


def _depth(file: BinaryIO) -> int:
    """How deep a file's brackets are nested, or one more than allowed; 0 where it is no YAML, for its reader to say."""
    depth = deepest = 0
    try:
        for event in yaml.parse(file, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            deepest = max(deepest, depth)
            if deepest > DEEPEST:
                break
    except (yaml.YAMLError, ValueError):
        return 0
    return deepest

"""The door to mkdocs.yml for the shell: read as MkDocs reads it, with variables and inherited files filled in."""

from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import ConfigurationError
from mkdocs.utils.yaml import get_yaml_loader, yaml_load

from actmax.errors import reason
from gen.settings.schema import SettingsError


def read(path: Path) -> dict[str, Any]:
    """All that stands in a mkdocs.yml.

    Raises:
        SettingsError: there is no such file, or it is not YAML.
    """
    try:
        with path.open("rb") as file:
            values = yaml_load(file, get_yaml_loader(config=MkDocsConfig(str(path))))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {reason(error)}. Name it with --config.") from None
    except (ConfigurationError, ValueError, TypeError) as error:  # ValueError: a date that no calendar has, say
        raise SettingsError(f"{path} is not valid YAML: {str(error)[:500]}") from None
    except RecursionError:
        raise SettingsError(f"{path} is not valid YAML: its brackets are nested too deep.") from None
    return values if isinstance(values, dict) else {}

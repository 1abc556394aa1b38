"""Read mkdocs.yml as MkDocs does, with variables and inherited files filled in."""

from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import ConfigurationError
from mkdocs.utils.yaml import get_yaml_loader, yaml_load

from actmax.errors import reason
from gen.settings import SettingsError


def read(path: Path) -> dict[str, Any]:
    """Read all of a mkdocs.yml.

    Raises:
        SettingsError: there is no such file, or it is not YAML.
    """
    try:
        with path.open("rb") as file:
            values = yaml_load(file, get_yaml_loader(config=MkDocsConfig(str(path))))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {reason(error)}. Name it with --config.") from None
    # A date that no calendar has, or a `!!bool` or `!!timestamp` that is none: the reader lets all of these through.
    except (ConfigurationError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise SettingsError(f"{path} is not valid YAML: {str(error)[:500]}") from None
    except RecursionError:
        raise SettingsError(f"{path} is not valid YAML: its brackets are nested too deep.") from None
    return values if isinstance(values, dict) else {}

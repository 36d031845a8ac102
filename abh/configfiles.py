"""Configuration files in YAML: safe loading that refuses duplicate keys and names the line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from abh.kernel.errors import ConfigurationError, Reason


def configuration_error(what: str, reasons: list[Reason]) -> ConfigurationError:
    """Return the error for ``what``, its message listing every reason on a line of its own."""
    lines = "\n".join(f"  - {reason.text}" for reason in reasons)
    return ConfigurationError(f"{what}: {len(reasons)} Fehler\n{lines}", reasons=reasons)


# libyaml reads ten times as fast; a PyYAML built without it still works.
SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _StrictLoader(SafeLoader):  # type: ignore[misc]
    """PyYAML takes the last of two equal keys silently; in a table of law that hides a value."""


def _mapping(loader: Any, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if isinstance(key, list | dict):
            raise yaml.MarkedYAMLError(
                problem="Schlüssel muss ein einfacher Wert sein", problem_mark=key_node.start_mark
            )
        if key in seen:
            raise yaml.MarkedYAMLError(
                problem=f"Schlüssel „{key}“ steht doppelt", problem_mark=key_node.start_mark
            )
        seen.add(key)
    found: dict[Any, Any] = loader.construct_mapping(node, deep=True)
    return found


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def load_yaml_file(path: Path) -> Any:
    """Return the parsed file; raises ``ConfigurationError`` naming file, line and column."""
    parsed, reason = _parse(path)
    if reason:
        raise configuration_error(str(path), [reason])
    return parsed


def load_yaml_dir(path: Path) -> dict[str, Any]:
    """Return ``{file name: parsed}`` of all ``*.yaml`` files directly in ``path``, sorted by name.

    Raises ``ConfigurationError`` with one reason for every file that cannot be read or parsed, or
    when there is none.
    """
    files = sorted(path.glob("*.yaml")) if path.is_dir() else []
    if not files:
        raise configuration_error(
            str(path), [Reason(f"{path}: keine YAML-Dateien gefunden", key="yaml.none")]
        )
    parsed = {file.name: _parse(file) for file in files}
    reasons = [reason for _, reason in parsed.values() if reason]
    if reasons:
        raise configuration_error(str(path), reasons)
    return {name: content for name, (content, _) in parsed.items()}


def _parse(path: Path) -> tuple[Any, Reason | None]:
    try:
        # _StrictLoader derives from SafeLoader: it builds plain values only
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_StrictLoader), None  # nosec B506
    except (OSError, UnicodeDecodeError) as error:
        return None, Reason(f"{path}: {error}", key="yaml.unreadable")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"Zeile {mark.line + 1}, Spalte {mark.column + 1}: " if mark else ""
        return None, Reason(f"{path}: {place}{error.problem}", key="yaml.syntax")
    except (yaml.YAMLError, ValueError) as error:
        return None, Reason(f"{path}: {error}", key="yaml.syntax")

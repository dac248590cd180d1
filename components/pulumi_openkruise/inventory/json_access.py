"""Reading JSON that may lack anything: what is absent, or something other than it should be, is empty."""

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any


def at(data: Any, *path: str) -> Any:
    """Return what stands at a path of keys, None where there is nothing."""
    for key in path:
        data = data.get(key) if isinstance(data, Mapping) else None
    return data


def mapping(data: Any, *path: str) -> Mapping[str, Any]:
    """Return the mapping at a path."""
    found = at(data, *path)
    return found if isinstance(found, Mapping) else {}


def items(data: Any, *path: str) -> list[Mapping[str, Any]]:
    """Return the mappings in the list at a path."""
    found = at(data, *path)
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, (list, tuple)) else []


def strings(data: Any, *path: str) -> list[str]:
    """Return the strings in the list at a path."""
    found = at(data, *path)
    return [item for item in found if isinstance(item, str)] if isinstance(found, (list, tuple)) else []


def text(data: Any, *path: str) -> str:
    """Return the string at a path, empty where there is none."""
    found = at(data, *path)
    return found if isinstance(found, str) else ""


def number(data: Any, *path: str) -> int:
    """Return the whole number at a path, 0 where there is none."""
    found = at(data, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def values_at(data: Any, path: str) -> list[Any]:
    """Return all values at a path of keys with dots between, ``[]`` standing for each item of a list.

    ``spec.containers[].name`` has the names of all containers.
    """
    found = [data]
    for part in path.split("."):
        key, each = part.removesuffix("[]"), part.endswith("[]")
        found = [one[key] for one in found if isinstance(one, Mapping) and one.get(key) is not None]
        if each:
            found = [item for one in found if isinstance(one, list) for item in one]
    return found


def name_of(item: Any) -> str:
    """Return the name of an object."""
    return text(item, "metadata", "name")


def condition(item: Any, kind: str) -> Mapping[str, Any]:
    """Return a condition of an object's status by its type."""
    found = [one for one in items(item, "status", "conditions") if one.get("type") == kind]
    return found[0] if found else {}


def seconds_between(earlier: str, later: str) -> float | None:
    """Return the seconds from one moment to another, as Kubernetes writes them; None if one is none."""
    try:
        begin, end = (
            datetime.strptime(moment[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
            for moment in (earlier, later)
        )
    except ValueError:
        return None
    return (end - begin).total_seconds()

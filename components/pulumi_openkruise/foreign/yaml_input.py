"""YAML from outside the program: bounded before anything is built from it, and errors that quote none of it.

A document of a few hundred bytes can stand for billions of values: an alias repeats what its anchor holds,
and a merge key (``<<: [*a, *a]``) copies it (Kubernetes CVE-2019-11253). So the events of the text are
counted first, an alias for as much as its anchor, in time and memory that grow with the text alone.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

MOST_VALUES = 2_000_000
"""Values that a string may stand for with every alias written out: some 30,000 nodes, or forty charts."""
DEEPEST = 200
"""Levels of lists and mappings within each other; the deepest schema of a CRD has some 60."""


class YamlError(ValueError):
    """Text that is not YAML, or stands for too much; ``str()`` says so with a position and no part of it."""


def load_yaml(text: str | bytes) -> Any:
    """Return the one document in a string as plain data, read as YAML 1.1, as Kubernetes' tools read it.

    Raises YamlError.
    """
    documents = load_documents(text)
    if len(documents) > 1:
        raise YamlError("more than one YAML document")
    return documents[0] if documents else None


def load_documents(text: str | bytes) -> list[Any]:
    """Return every document in a string as plain data; raises YamlError."""
    import yaml

    documents: list[Any] = load_bounded(text, lambda: list(yaml.load_all(text, Loader=_make_data_loader())))
    return documents


def load_strings(text: str | bytes) -> Any:
    """Return the one document in a string with every scalar as a string: a digest can look like a number.

    Raises YamlError.
    """
    import yaml

    return load_bounded(text, lambda: yaml.load(text, Loader=_get_c_loader(yaml, "BaseLoader")))


def load_bounded(text: str | bytes, load: Callable[[], Any]) -> Any:
    """Return what ``load`` makes of a string with a bearable number of values; raises YamlError."""
    check_size(text)
    try:
        return load()
    except RecursionError:
        raise YamlError("nested too deeply") from None
    except YamlError:
        raise
    except Exception as error:  # a number of 5,000 digits makes PyYAML raise the exception of int
        raise YamlError(find_yaml_reason(error)) from None


def check_size(text: str | bytes, most: int | None = None, *, for_ruamel: bool = False) -> None:
    """Raise YamlError for a string that stands for more than ``most`` values, or nests too deeply.

    ``for_ruamel``: ruamel.yaml builds the values, which reads YAML 1.2, where more is allowed, and takes a
    time that grows with the third power of the depth. Text that is not YAML passes: the loader says so.
    """
    if _measure_flow_depth(text) > DEEPEST:
        raise YamlError(f"nested too deeply: more than {DEEPEST} levels")
    aliases = ("*" in text) if isinstance(text, str) else (b"*" in text)
    if aliases or _may_nest_deeply(text):
        return _count_values(text, MOST_VALUES if most is None else most, for_ruamel)
    return None  # without an alias it holds no more values than characters


def _may_nest_deeply(text: str | bytes) -> bool:
    """Return whether lists and mappings without brackets may nest deeper than the loader in C bears.

    It calls itself for each level and has no limit: too many levels are a segmentation fault. Each level
    but one in two begins further to the right, after nothing but indentation and the indicators of others.
    """
    indicators = r"[ \t?:\x00-]"  # 0 stands beside each of them in UTF-16
    return re.search(f"{indicators}{{{DEEPEST}}}", _get_plain(text)) is not None


def _get_plain(text: str | bytes) -> str:
    return text if isinstance(text, str) else text.decode("latin-1")


def _measure_flow_depth(text: str | bytes) -> int:
    """Return how deep brackets nest; those in strings count, too, which no real text notices."""
    plain = _get_plain(text)
    depth = deepest = 0
    for found in re.finditer(r"[\[\]{}]", plain):
        depth = depth + 1 if found[0] in "[{" else max(0, depth - 1)
        deepest = max(deepest, depth)
    return deepest


def _count_values(text: str | bytes, most: int, for_ruamel: bool) -> None:
    import yaml

    try:
        _count(yaml.parse(text, Loader=_get_c_loader(yaml, "SafeLoader")), most)
    except YamlError:
        raise
    except Exception:
        if for_ruamel:
            _count_by_ruamel(text, most)


def find_yaml_reason(error: Exception) -> str:
    """Return what is wrong by the position in an exception of PyYAML or ruamel.yaml, without its text."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is not None:
        return f"not valid YAML at line {mark.line + 1}, column {mark.column + 1}"
    position = getattr(error, "position", None)  # of a ReaderError
    if isinstance(position, int):
        return f"a character that YAML does not allow at position {position}"
    return "not valid YAML"


def _count_by_ruamel(text: str | bytes, most: int) -> None:
    from ruamel.yaml import YAML

    try:
        _count(YAML(typ="safe", pure=True).parse(text), most)
    except YamlError:
        raise
    except RecursionError:
        raise YamlError("nested too deeply") from None
    except Exception:
        return


def _count(events: Iterable[Any], most: int) -> None:
    """Count the values that a string stands for; raises YamlError."""
    anchored: dict[str, int] = {}
    levels: list[tuple[str | None, int]] = []
    """Anchor, and values so far, of each list and mapping that is open."""
    total = 0
    for event in events:
        kind = type(event).__name__
        if kind in ("SequenceStartEvent", "MappingStartEvent"):
            levels.append((event.anchor, 1))
            if event.anchor is not None:
                anchored[event.anchor] = -1
            if len(levels) > DEEPEST:
                raise YamlError(f"nested too deeply: more than {DEEPEST} levels")
            continue
        if kind in ("SequenceEndEvent", "MappingEndEvent"):
            anchor, size = levels.pop()
        elif kind == "ScalarEvent":
            anchor, size = event.anchor, 1
        elif kind == "AliasEvent":
            anchor, size = None, anchored.get(event.anchor, 1)
            if size < 0:
                raise YamlError("YAML with an alias inside of what it stands for")
        else:
            continue
        if anchor is not None:
            anchored[anchor] = size
        if levels:
            levels[-1] = (levels[-1][0], levels[-1][1] + size)
            size = levels[-1][1]
        else:
            total, size = total + size, 0
        if total + size > most:
            raise YamlError(f"YAML that stands for more than {most:,} values")


@lru_cache(maxsize=1)
def _make_data_loader() -> Any:
    """Return PyYAML's loader for plain data, which leaves a date the string that it is in JSON."""
    import yaml

    base = _get_c_loader(yaml, "SafeLoader")
    resolvers = {
        first: [(tag, pattern) for tag, pattern in known if not tag.endswith(":timestamp")]
        for first, known in base.yaml_implicit_resolvers.items()
    }
    return type("Loader", (base,), {"yaml_implicit_resolvers": resolvers})


def _get_c_loader(yaml: Any, name: str) -> Any:
    """Return PyYAML's loader class of this name, with the parser in C where PyYAML was built with it."""
    return getattr(yaml, f"C{name}", getattr(yaml, name))

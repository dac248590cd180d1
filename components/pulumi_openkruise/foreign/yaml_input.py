"""YAML from outside the program: bounded before anything is built from it, and errors that quote none of it.

A document of a few hundred bytes can stand for billions of values: an alias repeats what its anchor holds,
and a merge key (``<<: [*a, *a]``) copies it (Kubernetes CVE-2019-11253). Without an alias a value takes up to
a kilobyte, for two bytes of text. And the loader in C calls itself for each level, in some builds of PyYAML
without a limit: too many are a segmentation fault. So the events of the text are always counted first, an
alias for as much as its anchor. They come from the loader's own parser, which calls itself for nothing, and
knows that a bracket in a comment or a string begins and ends no list.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

MOST_VALUES = 300_000
"""Values that a string may stand for, with all aliases written out: 15 times those of OpenKruise's manifest,
or 7,000 versions in an index. They take up to 6 s and 300 MiB."""
DEEPEST = 200
"""Levels of lists and mappings within each other; the deepest schema of a CRD has some 60."""
_MOST_TAG_DIRECTIVES = 100
_LONGEST_NUMBER = 1000


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
    import yaml

    most = MOST_VALUES if most is None else most
    _check_tag_directives(text)
    try:
        _count(yaml.parse(text, Loader=_get_c_loader(yaml, "SafeLoader")), most)
    except YamlError:
        raise
    except Exception as error:
        # The limit of newer builds of libyaml, which meets it while it looks ahead.
        if "nesting depth" in str(getattr(error, "problem", "")):
            raise _make_depth_error() from None
        if for_ruamel:
            _count_by_ruamel(text, most)


def _make_depth_error() -> YamlError:
    return YamlError(f"nested too deeply: more than {DEEPEST} levels")


def _check_tag_directives(text: str | bytes) -> None:
    """Raise YamlError for very many directives: libyaml compares each of a document with all before it."""
    directive, nul = ("%TAG", "\0") if isinstance(text, str) else (b"%TAG", b"\0")
    plain: Any = text
    if nul in plain:  # beside each character in UTF-16
        plain = plain.replace(nul, nul[:0])
    if plain.count(directive) > _MOST_TAG_DIRECTIVES:
        raise YamlError(f"YAML with more than {_MOST_TAG_DIRECTIVES} %TAG directives")


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
    """Anchor, and values before it, of each list and mapping that is open."""
    total = 0
    for event in events:
        kind = type(event).__name__
        if kind == "ScalarEvent":
            total += 1
            if event.anchor is not None:
                anchored[event.anchor] = 1
        elif kind in ("SequenceStartEvent", "MappingStartEvent"):
            levels.append((event.anchor, total))
            total += 1
            if event.anchor is not None:
                anchored[event.anchor] = -1
            if len(levels) > DEEPEST:
                raise _make_depth_error()
        elif kind in ("SequenceEndEvent", "MappingEndEvent"):
            anchor, before = levels.pop()
            if anchor is not None:
                anchored[anchor] = total - before
        elif kind == "AliasEvent":
            size = anchored.get(event.anchor, 1)
            if size < 0:
                raise YamlError("YAML with an alias inside of what it stands for")
            total += size
        elif kind == "DocumentStartEvent" and event.tags:
            # Each tag that uses it would be a copy of what it stands for, which may be a megabyte.
            raise YamlError("YAML with a %TAG directive")
        if total > most:
            raise YamlError(f"YAML that stands for more than {most:,} values")


@lru_cache(maxsize=1)
def _make_data_loader() -> Any:
    """Return PyYAML's loader for plain data, which reads as go-yaml what is something else to YAML 1.1.

    A date is the string that it is in JSON, as is ``1:30``, a number of base 60 otherwise; an integer beyond
    64 bits is a float.
    """
    import yaml

    base = _get_c_loader(yaml, "SafeLoader")
    resolvers = {
        first: [
            (tag, _NotBase60(pattern) if tag.endswith((":int", ":float")) else pattern)
            for tag, pattern in known
            if not tag.endswith(":timestamp")
        ]
        for first, known in base.yaml_implicit_resolvers.items()
    }
    loader: Any = type("Loader", (base,), {"yaml_implicit_resolvers": resolvers})
    loader.add_constructor("tag:yaml.org,2002:int", bound_number(base.construct_yaml_int))
    loader.add_constructor("tag:yaml.org,2002:float", bound_number(base.construct_yaml_float))
    return loader


class _NotBase60:
    """A pattern for numbers, without those of base 60: their part of it takes 60 bytes for each character."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self._pattern = pattern

    def match(self, value: str) -> re.Match[str] | None:
        return None if ":" in value else self._pattern.match(value)


def bound_number(construct: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return a constructor of numbers, of PyYAML or ruamel.yaml, that takes no long time for any.

    Two kinds do. The time for base 60 grows with the square of the length. And integers that differ by a
    multiple of 2^61 - 1 have one hash in Python: as keys, each is compared with all others. Go, too, reads an
    integer beyond 64 bits as a float.
    """

    def construct_number(loader: Any, node: Any) -> Any:
        if len(loader.construct_scalar(node)) > _LONGEST_NUMBER:
            raise ValueError("a number that is too long")
        value = construct(loader, node)
        return float(value) if isinstance(value, int) and not -(1 << 63) <= value < 1 << 64 else value

    return construct_number


def _get_c_loader(yaml: Any, name: str) -> Any:
    """Return PyYAML's loader class of this name, with the parser in C where PyYAML was built with it."""
    return getattr(yaml, f"C{name}", getattr(yaml, name))

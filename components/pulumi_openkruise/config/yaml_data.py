"""YAML as plain data, within bounds, and read as Go reads it."""

import re
import warnings
from collections.abc import Mapping
from typing import Any

from ..foreign.error_text import describe_error
from ..foreign.yaml_input import YamlError, bound_number, check_size

_MOST_VALUES = 50_000
"""Values in a file, of which a list of 4,000 selectors has a tenth. They take up to 9 s."""
_DEEPEST = 100


def load_yaml(text: str, source: str, most: int | None = None) -> Any:
    """Load YAML as plain data of at most ``most`` values, or _MOST_VALUES.

    Raises ValueError that names ``source``, line and column.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError
    from ruamel.yaml.reader import ReaderError

    most = _MOST_VALUES if most is None else most
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor, yaml.Scanner = _make_constructor(), _make_scanner()
    try:
        check_size(text, most, for_ruamel=True)  # merge keys are copied while the document is built
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of an anchor that is defined again, with a part of the file
            return _copy_plain(yaml.load(text), most, [0])
    except YamlError as error:
        raise ValueError(f"{source}: {error}") from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{source}:{mark.line + 1}:{mark.column + 1}" if mark else source
        # What it quotes may be half of a password: `password: *abc` is an alias.
        problem = re.sub(r"'[^']{2,}'", "'...'", str(error.problem or error.context).splitlines()[0])
        raise ValueError(f"{place}: not YAML: {problem}") from None
    except ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
        raise ValueError(f"{source}:{line}:{column}: not YAML: {error.reason}") from None
    except _TooMuchError as error:
        raise ValueError(f"{source}: {error}") from None
    except RecursionError:
        raise ValueError(f"{source}: nested too deeply") from None
    except Exception as error:  # the library lets many kinds escape for values like `!!int x`
        raise ValueError(
            f"{source}: not YAML that can be read ({describe_error(error, secret=True)})"
        ) from None


class _TooMuchError(Exception):
    pass


def _copy_plain(value: Any, most: int, seen: list[int], depth: int = 0) -> Any:
    """Copy into the types of JSON, with keys as strings; bounds what aliases can expand to."""
    seen[0] += 1
    if seen[0] > most:
        raise _TooMuchError(f"more than {most:,} values")
    if depth > _DEEPEST:
        raise _TooMuchError("nested too deeply")
    if isinstance(value, Mapping):
        return {
            key if isinstance(key, str) else write_scalar(key): _copy_plain(item, most, seen, depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_copy_plain(item, most, seen, depth + 1) for item in value]
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    return str(value)


def write_scalar(value: Any) -> str:
    """Return a scalar as the string that Pulumi gives to the program."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _make_constructor() -> Any:
    """Return a constructor that reads dates and unknown tags as strings, and sets as mappings, as Go does.

    So ``- !key``, a selector without quotes, is an empty string, and gets the message that says so.
    """
    from ruamel.yaml.constructor import SafeConstructor
    from ruamel.yaml.nodes import MappingNode, ScalarNode

    class Constructor(SafeConstructor):
        pass

    def as_text(constructor: Any, node: Any) -> Any:
        if isinstance(node, ScalarNode):
            return node.value
        if isinstance(node, MappingNode):
            return constructor.construct_mapping(node, deep=True)
        return constructor.construct_sequence(node, deep=True)

    Constructor.add_constructor(None, as_text)
    for tag in ("timestamp", "binary", "set"):
        Constructor.add_constructor(f"tag:yaml.org,2002:{tag}", as_text)
    Constructor.add_constructor("tag:yaml.org,2002:int", bound_number(SafeConstructor.construct_yaml_int))
    return Constructor


def _make_scanner() -> Any:
    """Return a scanner that gives up at nested brackets early; it would look ahead from each of them."""
    from ruamel.yaml.scanner import Scanner

    class ShallowScanner(Scanner):
        def fetch_flow_collection_start(self, *args: Any, **options: Any) -> None:
            if len(self.flow_context) >= _DEEPEST:
                raise _TooMuchError("nested too deeply")
            super().fetch_flow_collection_start(*args, **options)

    return ShallowScanner

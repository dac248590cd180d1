"""Adding entries to lists in a stack's file, every other byte of which stays as it is.

ruamel.yaml finds the places; what it would write of the whole file would move comments that stand after a
list. The result is read again and compared before anything is written.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ...config.stack_yaml import read_stack_yaml
from ...config.yaml_data import load_yaml
from ..errors import UnusableInputError
from ..inherited_lists import InheritedLists, decode_list
from ..output.terminal import quote_for_yaml

_BY_HAND = "add the lines by hand"


def add_entries(
    text: str,
    source: str,
    namespace: str,
    additions: Mapping[str, Sequence[str]],
    inherited: InheritedLists | None = None,
) -> str:
    """Return the text of a stack file with entries added to the lists under keys of its config.

    Entries that a list has already are left out, so that adding twice changes nothing. A list that the stack
    inherits is written whole, since the stack's own replaces it, each inherited entry with its origin. Raises
    UnusableInputError, with the lines to add, for a file that cannot be edited without changing something
    else, and for an inherited list that is not known.
    """
    inherited = inherited or InheritedLists()
    try:
        config, _secret, _environment = read_stack_yaml(text, source, namespace)
    except ValueError as error:
        raise UnusableInputError(str(error)) from None
    edited, wanted = text, dict(config)
    for name, entries in additions.items():
        own = name in config
        there = decode_list(config.get(name) if own else inherited.lists.get(name))
        if there is None:
            raise UnusableInputError(
                f"{source}: {namespace}:{name}: no list, so nothing can be added: {_BY_HAND}"
            )
        new = [entry for entry in dict.fromkeys(entries) if entry not in there]
        if not new:
            continue
        if not own and inherited.may_be_more:
            lines = "\n".join(f"  - {quote_for_yaml(entry)}" for entry in new)
            raise UnusableInputError(
                f"{source}: {namespace}:{name}: an ESC environment may set this list, and one in the stack's "
                f"file would replace it; {_BY_HAND} where it is set:\n{lines}"
            )
        kept = [] if own else [Entry(str(entry), f"from {inherited.origin}") for entry in there]
        edited = _edit(edited, namespace, name, [*kept, *map(Entry, new)])
        wanted[name] = [*there, *new]
    if edited != text and not _says(edited, text, source, namespace, wanted):
        whole = [
            f"  {namespace}:{name}: [{', '.join(map(quote_for_yaml, wanted[name]))}]"
            for name in additions
            if wanted.get(name) != config.get(name)
        ]
        raise UnusableInputError("\n".join([f"{source}: cannot be edited safely: {_BY_HAND}:", *whole]))
    return edited


class Entry(NamedTuple):
    """An entry to add to a list."""

    text: str
    comment: str = ""

    def line(self, indent: str) -> str:
        """Write the entry on a line of its own."""
        comment = f" # {self.comment}" if self.comment else ""
        return f"{indent}- {quote_for_yaml(self.text)}{comment}"


def _edit(text: str, namespace: str, name: str, entries: Sequence[Entry]) -> str:
    from ruamel.yaml.error import YAMLError

    try:
        return _Editor(text, namespace).add(name, entries)
    except YAMLError:
        return ""  # what was added before has made something else of the file, which is refused


class _Editor:
    """One text, parsed, and the edits that it allows."""

    def __init__(self, text: str, namespace: str) -> None:
        from ruamel.yaml import YAML

        self._text = text
        self._namespace = namespace
        self._newline = "\r\n" if "\r\n" in text else "\n"
        self._root = YAML(typ="rt", pure=True).compose(text)

    def add(self, name: str, entries: Sequence[Entry]) -> str:
        config = self._of(self._root, "config")
        if config is None:
            return self._append(["config:", *self._lines(name, entries, "  ")])
        if not isinstance(config.value, list):  # `config:` with nothing under it
            at = self._line_end(config.start_mark.index)
            return self._insert(at, self._lines(name, entries, "  "))
        for key, value in config.value:
            if key.value in (f"{self._namespace}:{name}", f"{self._namespace}:config:{name}"):
                return self._extend(key, value, entries)
        if config.flow_style or not config.value:
            if any(entry.comment for entry in entries):
                return ""  # no place for the origins: refused
            flow = f'"{self._namespace}:{name}": {json.dumps(_texts(entries))}'
            return self._splice(config.start_mark.index + 1, f"{flow}{', ' if config.value else ''}")
        first = config.value[0][0]
        # After the other key of this kind, if there is one; else before everything else.
        neighbour = next(
            (
                value
                for key, value in config.value
                if str(key.value).startswith(f"{self._namespace}:virtualNode")
            ),
            None,
        )
        indent = " " * first.start_mark.column
        lines = self._lines(name, entries, indent)
        if neighbour is not None:
            return self._insert(self._line_end(self._end(neighbour)), lines)
        key = next(key for key, _value in self._root.value if key.value == "config")
        return self._insert(self._line_end(key.end_mark.index), lines)

    def _extend(self, key: Any, value: Any, entries: Sequence[Entry]) -> str:
        if not isinstance(value.value, list):
            return self._extend_text(key, value, entries)
        if value.flow_style:
            if value.value:
                added = "".join(f", {json.dumps(entry.text)}" for entry in entries)
                return self._splice(value.value[-1].end_mark.index, added)
            return self._splice(value.start_mark.index + 1, json.dumps(_texts(entries))[1:-1])
        dash = self._text.rfind("-", 0, value.value[0].start_mark.index)
        indent = " " * (dash - self._line_begin(dash))
        lines = [entry.line(indent) for entry in entries]
        return self._insert(self._line_end(self._end(value)), lines)

    def _extend_text(self, key: Any, value: Any, entries: Sequence[Entry]) -> str:
        """Extend a list that is JSON in a string, as ``pulumi config set`` writes it."""
        there = decode_list(value.value) or []
        if not there and value.start_mark.index == value.end_mark.index:
            indent = " " * (key.start_mark.column + 2)
            lines = [entry.line(indent) for entry in entries]
            return self._insert(self._line_end(key.end_mark.index), lines)
        written = json.dumps([*there, *_texts(entries)]).replace("'", "''")
        return f"{self._text[: value.start_mark.index]}'{written}'{self._text[value.end_mark.index :]}"

    def _lines(self, name: str, entries: Sequence[Entry], indent: str) -> list[str]:
        return [
            f"{indent}{self._namespace}:{name}:",
            *(entry.line(f"{indent}  ") for entry in entries),
        ]

    def _end(self, node: Any) -> int:
        """Return where the last scalar of a node ends; comments that follow are not part of it."""
        while isinstance(node.value, list) and node.value and not node.flow_style:
            last = node.value[-1]
            node = last[1] if isinstance(last, tuple) else last
        return int(node.end_mark.index)

    def _line_begin(self, index: int) -> int:
        return self._text.rfind("\n", 0, index) + 1

    def _line_end(self, index: int) -> int:
        # Where a block scalar ends, its line has ended too.
        if self._text[index - 1 : index] == "\n":
            return index
        at = self._text.find("\n", index)
        return len(self._text) if at < 0 else at + 1

    def _insert(self, at: int, lines: Sequence[str]) -> str:
        before = self._text[:at]
        if before and not before.endswith("\n"):
            before += self._newline
        return before + "".join(f"{line}{self._newline}" for line in lines) + self._text[at:]

    def _append(self, lines: Sequence[str]) -> str:
        return self._insert(len(self._text), lines)

    def _splice(self, at: int, added: str) -> str:
        return self._text[:at] + added + self._text[at:]

    def _of(self, node: Any, key: str) -> Any:
        if node is None or not isinstance(node.value, list):
            return None
        return next((value for name, value in node.value if name.value == key), None)


def _texts(entries: Sequence[Entry]) -> list[str]:
    return [entry.text for entry in entries]


def _says(edited: str, text: str, source: str, namespace: str, wanted: Mapping[str, Any]) -> bool:
    """Tell whether the edited text has the lists that are wanted, and everything else as it was."""
    try:
        found, _secret, _environment = read_stack_yaml(edited, source, namespace)
        before, after = load_yaml(text, source) or {}, load_yaml(edited, source) or {}
    except ValueError:
        return False
    lists = {
        name: decode_list(item) if isinstance(wanted.get(name), list) else item
        for name, item in found.items()
    }
    config = before.get("config") or {}
    now = after.get("config") or {}
    changed = {key for key in {*config, *now} if config.get(key) != now.get(key)}
    own = {f"{namespace}:{infix}{name}" for name in wanted for infix in ("", "config:")}
    others = {key: value for key, value in before.items() if key != "config"}
    return (
        lists == dict(wanted)
        and changed <= own
        and others == {key: value for key, value in after.items() if key != "config"}
    )

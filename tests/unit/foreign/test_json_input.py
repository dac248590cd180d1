"""JSON within bounds: its values are counted before anything is built, never too few of them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_openkruise.foreign import json_input
from pulumi_openkruise.foreign.json_input import TooManyValuesError, load_json

_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)


def count_values(data: Any) -> int:
    """Count each value within a list or mapping."""
    members = list(data.values()) if isinstance(data, dict) else data if isinstance(data, list) else []
    return len(members) + sum(map(count_values, members))


@given(_ANY, st.sampled_from(["utf-8", "utf-16", "utf-32"]), st.sampled_from([None, 2]))
def test_no_value_is_missed(data: Any, encoding: str, indent: int | None) -> None:
    text = json.dumps(data, indent=indent).encode(encoding)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_input, "MOST_VALUES", count_values(data) - 1)
        if count_values(data):
            with pytest.raises(TooManyValuesError):
                load_json(text)
    assert load_json(text) == data


def test_each_value_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    text = b'{"a":[{},[],1,{"b":null}],"c":{}}'
    monkeypatch.setattr(json_input, "MOST_VALUES", 7)
    load_json(text)
    monkeypatch.setattr(json_input, "MOST_VALUES", 6)
    with pytest.raises(TooManyValuesError, match=r"^more than 6 values$"):
        load_json(text)


def test_a_page_of_large_objects_is_read() -> None:
    """One of 500, with 500 values each, has room eight times."""
    assert json_input.MOST_VALUES >= 8 * 500 * 500

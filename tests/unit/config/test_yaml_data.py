"""Stack files within bounds: a merge key is counted before it is copied, and no error quotes a value."""

import warnings
from typing import Any

import pytest
from pulumi_openkruise.config.yaml_data import load_yaml
from ruamel.yaml import YAML

BOMB = "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n}\n  <<: [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 46))


def test_merge_keys_are_counted_before_they_are_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    def build(*_: Any) -> None:
        raise AssertionError("built")

    monkeypatch.setattr(YAML, "load", build)
    with pytest.raises(ValueError, match=r"Pulumi.x.yaml: YAML that stands for more than"):
        load_yaml(BOMB, "Pulumi.x.yaml")


@pytest.mark.parametrize(
    "text", ["password: *s3cret\n", "password: !s3cret [x\n", "password: !!int s3cret\n"]
)
def test_no_value_is_quoted(text: str) -> None:
    with pytest.raises(ValueError) as caught:
        load_yaml(text, "Pulumi.x.yaml")
    assert "s3cret" not in str(caught.value)
    assert str(caught.value).startswith("Pulumi.x.yaml")


def test_the_warning_of_a_repeated_anchor_quotes_no_part_of_the_file() -> None:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        load_yaml("a: &x s3cret\nb: &x 1\n", "Pulumi.x.yaml")
    assert said == []

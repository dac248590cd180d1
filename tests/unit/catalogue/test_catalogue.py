"""The catalogue's entries: complete, consistent, and their patterns in order."""

import re
from dataclasses import fields

import pytest
from pulumi_openkruise.catalogue import BACKED, KINDS, FieldPatterns, NodeKind
from pulumi_openkruise.selectors import parse

EFFECTS = {"NoSchedule", "PreferNoSchedule", "NoExecute"}


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_kind(kind: NodeKind) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", kind.name)
    for field in (kind.vendor, kind.description, kind.source):
        assert field
        assert field == field.strip()
    for selectors in kind.revisions:
        assert list(selectors) == sorted(str(parse(selector)) for selector in selectors)
    for taint in kind.taints:
        label, _colon, effect = taint.rpartition(":")
        assert parse(label).requirements  # a taint's key and value obey the rules of labels
        assert effect in EFFECTS
    for annotation in kind.annotations:
        assert parse(annotation).requirements  # as its key does
    assert 1 <= kind.current <= max(1, len(kind.revisions))


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_patterns_tell_something(kind: NodeKind) -> None:
    for pattern in (getattr(kind.patterns, field.name) for field in fields(FieldPatterns)):
        assert not pattern or re.compile(pattern).match("no such string") is None


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_what_is_no_preset_says_why(kind: NodeKind) -> None:
    assert kind.excluded or not kind.virtual
    if not kind.is_preset:
        assert kind.reason
    if kind.confidence not in BACKED:
        assert not kind.revisions  # no preset can come to rest on it


def test_who_carries_the_type_label() -> None:
    for kind in KINDS.values():
        if kind.type_label == "yes":
            assert "type=virtual-kubelet" in kind.selectors

"""``pulumi-openkruise presets``."""

import json

import pytest
from pulumi_openkruise.catalogue import KINDS, PRESETS
from pulumi_openkruise.cli.app import run
from ruamel.yaml import YAML


def test_the_table_names_every_kind(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["presets"]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in (*KINDS, "all"))
    assert "eks.amazonaws.com/compute-type=fargate" in out
    assert "not excluded" in out


def test_data(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["presets", "-o", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["schemaVersion"] == 1
    assert list(data["kinds"]) == list(KINDS)
    assert data["kinds"]["liqo"]["selectors"] == ["liqo.io/type=virtual-node"]
    assert data["kinds"]["eks-auto"]["preset"] is False
    assert "liqo.io/type=virtual-node" in data["groups"]["all"]["selectors"]
    assert run(["presets", "-o", "yaml"]) == 0
    assert YAML(typ="safe").load(capsys.readouterr().out) == data


def test_some_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["presets", "liqo@1", "-o", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert list(data["kinds"]) == ["liqo"]
    assert data["groups"] == {}
    assert run(["presets", "all@1", "-o", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["kinds"] == {}
    assert list(data["groups"]) == ["all"]


def test_no_such_kind(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["presets", "kwock"]) == 2
    assert capsys.readouterr().err == "no kind is called 'kwock': did you mean kwok?\n"
    assert run(["presets", "liqo", "liqo@7"]) == 2
    assert capsys.readouterr() == ("", "no kind is called 'liqo@7': liqo has one: liqo@1\n")
    assert [run(["presets", name]) for name in ("liqo@", "liqo@x", "all@9", "eks-auto@1")] == [2] * 4
    capsys.readouterr()
    assert run(["presets", "\x1b[31m"]) == 2
    assert "\x1b" not in capsys.readouterr().err


@pytest.mark.parametrize("columns", ["70", "200"])
def test_selectors_of_a_preset_are_shown_as_alternatives(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    several = [kind for kind in PRESETS.values() if len(kind.selectors) > 1]
    assert several
    for kind in several:
        assert run(["presets", kind.name]) == 0
        out = capsys.readouterr().out
        first, *others = kind.selectors
        assert all(f"or {selector}" in out for selector in others)
        assert f"or {first}" not in out
        assert f"{first}," not in out

"""A fleet's file: what it means, and everything that can be wrong with it, at once."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_openkruise.config.fleet_file import Wave, read_fleet
from pulumi_openkruise.diagnostics.problem import ConfigError

GOOD: dict[str, Any] = {
    "clusters": {
        "dev-1": {"env": "dev"},
        "prod-1": {"env": "prod", "canary": "true"},
        "prod-2": {"env": "prod", "hold": "moves until Friday"},
        "bare": None,
    },
    "waves": [
        {"name": "dev", "select": "env=dev"},
        {"name": "canary", "select": "env=prod,canary", "soak": "30m", "gate": "warning"},
        {"name": "prod", "select": "env=prod", "parallel": 8},
        {"name": "rest", "select": "!env"},
    ],
    "gate": "critical",
}


def problems(data: Any, **options: Any) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        read_fleet(data, "fleet.yaml", **options)
    return {problem.place: problem.code for problem in caught.value.problems}


@pytest.mark.parametrize(
    ("soak", "seconds"),
    [("1s", 1), ("90s", 90), ("1m", 60), ("45m", 2700), ("1h", 3600), ("24h", 86_400)],
)
def test_a_soak_is_a_number_of_seconds_minutes_or_hours(soak: str, seconds: int) -> None:
    data = copy.deepcopy(GOOD)
    data["waves"][0]["soak"] = soak
    assert read_fleet(data, "fleet.yaml")[0].soak_seconds == seconds


@pytest.mark.parametrize("soak", ["1", "h", "1d", "1H", "-1h", "1.5h", "1 h", "1h30m", "\u0661h", "", None])
def test_nothing_else_is_a_soak(soak: Any) -> None:
    data = copy.deepcopy(GOOD)
    data["waves"][0]["soak"] = soak
    assert problems(data) == {"waves[0].soak": "invalid-soak"}


def outcome(data: Any) -> tuple[tuple[Wave, ...], set[str]]:
    """Return the waves of a file, or the codes of what is wrong with it."""
    try:
        return read_fleet(data, "fleet.yaml"), set()
    except ConfigError as error:
        return (), {problem.code for problem in error.problems}


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return the good file with one value in the place of another."""
    data = copy.deepcopy(GOOD)
    *folders, last = path.split("/")
    inner: Any = data
    for name in folders:
        inner = inner[int(name)] if isinstance(inner, list) else inner[name]
    key: Any = int(last) if isinstance(inner, list) else last
    if value is KeyError:
        del inner[key]
    else:
        inner[key] = value
    return data


def test_a_cluster_belongs_to_the_first_wave_that_selects_it() -> None:
    waves = read_fleet(GOOD, "fleet.yaml")
    assert [(wave.name, [one.name for one in wave.clusters]) for wave in waves] == [
        ("dev", ["dev-1"]),
        ("canary", ["prod-1"]),
        ("prod", ["prod-2"]),
        ("rest", ["bare"]),
    ]
    assert [wave.gate for wave in waves] == ["critical", "warning", "critical", "critical"]
    assert [wave.parallel for wave in waves] == [1, 1, 8, 1]
    assert waves[1].soak_seconds == 1800
    assert waves[2].clusters[0].hold == "moves until Friday"
    assert waves[2].clusters[0].labels == {"env": "prod"}


@pytest.mark.parametrize(
    ("path", "value", "place", "code"),
    [
        ("gates", "error", "gates", "unknown-key"),
        ("gate", "fatal", "gate", "invalid-choice"),
        ("waves/0/gate", "fatal", "waves[0].gate", "invalid-choice"),
        ("waves/0/paralell", 3, "waves[0].paralell", "unknown-key"),
        ("waves/0/parallel", 0, "waves[0].parallel", "out-of-range"),
        ("waves/0/parallel", True, "waves[0].parallel", "out-of-range"),
        ("waves/0/parallel", 65, "waves[0].parallel", "out-of-range"),
        ("waves/0/soak", "half an hour", "waves[0].soak", "invalid-soak"),
        ("waves/0/soak", 30, "waves[0].soak", "invalid-soak"),
        ("waves/0/name", "prod", "waves[2].name", "duplicate-wave"),
        ("waves/0/name", "", "waves[0].name", "invalid-name"),
        ("waves/0/select", "env in", "waves[0].select", "invalid-selector"),
        ("waves/0/select", KeyError, "waves[0].select", "invalid-selector"),
        ("waves/3/select", "env=dev", "waves[3]", "empty-wave"),
        ("clusters/bare", {"env": "test"}, "clusters.bare", "cluster-in-no-wave"),
        ("clusters/dev-1", ["dev"], "clusters.dev-1", "wrong-type"),
        ("clusters/dev-1/env", True, "clusters.dev-1.env", "wrong-type"),
        ("clusters/dev-1/env", "no spaces", "clusters.dev-1.env", "invalid-label"),
        ("clusters/dev-1/hold", True, "clusters.dev-1.hold", "wrong-type"),
        ("clusters/dev-1/hold", " ", "clusters.dev-1.hold", "wrong-type"),
        ("clusters", {}, "clusters", "wrong-type"),
        ("clusters", ["dev-1"], "clusters", "wrong-type"),
        ("waves", {}, "waves", "wrong-type"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(path: str, value: Any, place: str, code: str) -> None:
    assert problems(changed(path, value))[place] == code


def test_all_problems_of_a_fleets_file_are_reported_at_once() -> None:
    data = changed("gate", "fatal")
    data["clusters"]["lost"] = {"env": "lost"}
    data["waves"][0]["soak"] = "soon"
    found = problems(data, stacks=["dev-1", "prod-1", "bare", "lost"])
    assert found == {
        "gate": "invalid-choice",
        "clusters.lost": "cluster-in-no-wave",
        "clusters.prod-2": "missing-stack",
        "waves[0].soak": "invalid-soak",
    }


def test_a_label_of_a_wrong_type_is_reported_once() -> None:
    with pytest.raises(ConfigError) as caught:
        read_fleet(changed("clusters/dev-1/env", ["no", "string"]), "fleet.yaml")
    places = [problem.place for problem in caught.value.problems]
    assert places.count("clusters.dev-1.env") == 1


def test_a_missing_stack_names_the_nearest_one() -> None:
    with pytest.raises(ConfigError, match="did you mean dev-11"):
        read_fleet(GOOD, "fleet.yaml", ["dev-11", "prod-1", "prod-2", "bare"])


def test_off_in_yaml_is_a_boolean() -> None:
    assert {wave.gate for wave in read_fleet({**GOOD, "gate": False}, "fleet.yaml")} == {"off", "warning"}


LABELS = st.dictionaries(st.sampled_from(["env", "zone", "tier"]), st.sampled_from(["a", "b"]), max_size=3)


@given(st.dictionaries(st.sampled_from(["c1", "c2", "c3", "c4"]), LABELS, min_size=1), st.data())
def test_each_cluster_is_in_exactly_one_wave(
    clusters: dict[str, dict[str, str]], data: st.DataObject
) -> None:
    selectors = ["env=a", "env", "zone=b,!tier", "tier in (a,b)", ""]
    chosen = data.draw(st.permutations(selectors))
    waves = [{"name": f"w{number}", "select": text} for number, text in enumerate(chosen)]
    found, codes = outcome({"clusters": clusters, "waves": waves})
    assert codes in (set(), {"empty-wave"})
    if codes:
        return
    names = [one.name for wave in found for one in wave.clusters]
    assert sorted(names) == sorted(clusters)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@given(
    JSON, st.sampled_from(["", "clusters", "waves", "gate", "clusters/dev-1", "waves/0", "waves/1/select"])
)
def test_anything_at_all_is_an_answer_or_a_refusal(garbage: Any, path: str) -> None:
    found, codes = outcome(changed(path, garbage) if path else garbage)
    assert bool(found) is not bool(codes)

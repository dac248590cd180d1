"""What an update is made of, and what a wave attempts after a failure."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pulumi_openkruise.fleet.release import abbreviate, describe_change, plan_attempts, program_digest

RELEASES = st.sampled_from(["r1", "r2", "r3"])
NAMES = ("a", "b")


def test_each_change_of_a_release_is_a_new_attempt() -> None:
    first = plan_attempts({"a": "r1", "b": "r1"}, [])
    assert first == {"a": "r1 #1", "b": "r1 #1"}
    assert plan_attempts({"a": "r1", "b": "r1"}, [first]) == first
    second = plan_attempts({"a": "r2", "b": "r1", "c": "r1"}, [first])
    assert second == {"a": "r2 #2", "b": "r1 #1", "c": "r1 #1"}
    assert plan_attempts({"a": "r1"}, [second]) == {"a": "r1 #3"}
    # Two waves have recorded a cluster that has moved: the newest counts, by its number.
    assert plan_attempts({"a": "r1"}, [{"a": "r1 #9"}, {"a": "r2 #10"}, {}]) == {"a": "r1 #11"}


WAVES = ("x", "y")


@given(
    st.lists(
        st.tuples(
            st.fixed_dictionaries(dict.fromkeys(NAMES, RELEASES)),
            st.fixed_dictionaries(dict.fromkeys(NAMES, st.sampled_from(WAVES))),
            st.sets(st.sampled_from(NAMES)),
        ),
        max_size=8,
    )
)
@example(
    [
        ({"a": "r1", "b": "r1"}, {"a": "y", "b": "y"}, set()),
        ({"a": "r2", "b": "r1"}, {"a": "x", "b": "y"}, {"a"}),
        ({"a": "r1", "b": "r1"}, {"a": "y", "b": "y"}, set()),
    ]
)
def test_a_cluster_whose_update_failed_is_always_updated_again(
    runs: list[tuple[dict[str, str], dict[str, str], set[str]]],
) -> None:
    """Simulate the engine: an input is recorded once its hook has succeeded, and an equal one runs none.

    A wave records its attempts when it begins; after a failure no other begins, and none is forgotten.
    """
    begun: dict[str, dict[str, str]] = {}
    recorded: dict[str, tuple[str, str, str]] = {}
    actual: dict[str, str] = {}
    for targets, placed, failing in runs:
        before, failed = [*begun.values()], False
        for wave in WAVES:
            members = {name: targets[name] for name in NAMES if placed[name] == wave}
            if failed or not members:
                continue
            attempts = begun[wave] = plan_attempts(members, before)
            for name in members:
                inputs = (wave, targets[name], attempts[name])
                if recorded.get(name) != inputs and name in failing:
                    failed = True
                    # The history shows what is done already: then the gate failed, and nothing was updated.
                    if actual.get(name) != targets[name]:
                        actual[name] = f"half of {targets[name]}"
                elif recorded.get(name) != inputs:
                    actual[name], recorded[name] = targets[name], inputs
                if recorded.get(name) == inputs:
                    assert actual[name] == targets[name]
        if not failed:
            begun = {wave: found for wave, found in begun.items() if wave in placed.values()}


def test_a_release_is_named_by_its_parts_and_a_change_by_the_part() -> None:
    old = {"config": "a", "program": "b", "packages": "c"}
    assert abbreviate(old) == abbreviate(dict(reversed(old.items())))
    assert abbreviate(old) != abbreviate({**old, "program": "z"})
    assert describe_change(old, {**old, "config": "z"}) == ["its stack file"]
    assert describe_change(old, {**old, "program": "z", "packages": "z"}) == [
        "the project's program",
        "the versions of pulumi-openkruise, pulumi or pulumi-kubernetes",
    ]


def test_the_program_is_every_file_but_those_left_out(tmp_path: Path) -> None:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "__main__.py").write_text("one")
    (tmp_path / "stacks" / "Pulumi.dev.yaml").write_text("config: {}")
    left_out = [tmp_path / "stacks"]
    before = program_digest(tmp_path, left_out)
    (tmp_path / "stacks" / "Pulumi.dev.yaml").write_text("config: {a:b: c}")
    (tmp_path / ".hidden").write_text("x")
    assert program_digest(tmp_path, left_out) == before
    (tmp_path / "__main__.py").write_text("two")
    assert program_digest(tmp_path, left_out) != before


@pytest.mark.parametrize(
    ("script", "tracked"),
    [
        (r"printf '__main__.py\0folder/.hidden\0gone.py\0'", {"__main__.py", "folder/.hidden"}),
        ("exit 128", {"__main__.py", "not-tracked.py"}),  # no repository
        (None, {"__main__.py", "not-tracked.py"}),  # no git
    ],
    ids=["repository", "folder", "no git"],
)
def test_the_program_is_what_git_tracks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str | None, tracked: set[str]
) -> None:
    project, programs = tmp_path / "project", tmp_path / "bin"
    (project / "folder").mkdir(parents=True)
    programs.mkdir()
    names = ["__main__.py", "not-tracked.py", "folder/.hidden"]
    for name in names:
        (project / name).write_text("one")
    if script is not None:
        (programs / "git").write_text(f'#!/bin/sh\necho "$*" > {tmp_path}/asked\n{script}\n')
        (programs / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    before = program_digest(project, [])
    counted = set()
    for name in names:
        (project / name).write_text("two")
        counted |= {name} if program_digest(project, []) != before else set()
        (project / name).write_text("one")
    assert counted == tracked
    if script is not None:
        assert (tmp_path / "asked").read_text() == f"-C {project} ls-files -z --cached .\n"

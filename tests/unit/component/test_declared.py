"""The labels of hooks, which the engine keeps in the state: the same in each run of a program."""

from pulumi_openkruise.component.declared import claim_label

from tests.support.engine import Engine, new_engine


def test_a_label_in_use_is_qualified_and_then_numbered(engine: Engine) -> None:
    expected = ["kruise", "a/kruise", "a/kruise (2)", "a/kruise (3)", "other", "b/kruise"]

    def claim() -> list[str]:
        found = [claim_label("kruise", "a/kruise") for _component in range(4)]
        return [*found, claim_label("other", "a/other"), claim_label("kruise", "b/kruise")]

    runs: list[list[str]] = []
    engine.run(lambda: runs.append(claim()))
    with new_engine() as another:
        another.run(lambda: runs.append(claim()))
    assert runs == [expected, expected]

"""What is asked of a chart's repository, and only in a real run."""

from typing import Any

import pytest
from pulumi_openkruise.chart.digests import CHART_REPOSITORY
from pulumi_openkruise.chart.local import ignore_local_files, read_local_chart
from pulumi_openkruise.chart.repository import IndexAnswer
from pulumi_openkruise.component import chart_probe
from pulumi_openkruise.config.settings_reader import read_settings
from pulumi_openkruise.config.stack_config import parse_config
from pulumi_openkruise.diagnostics.field_names import config_field_name

from tests.support.engine import Engine

ADDRESS = "https://me:s3cret@charts.example.org/"
INDEX = """
apiVersion: v1
entries:
  kruise:
  - {version: 1.8.3, digest: DIGEST, urls: [x.tgz]}
"""
A, B = "a" * 64, "b" * 64


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[IndexAnswer]:
    """Let an engine seem to run, and return the answers of repositories, taken from the end."""
    found: list[IndexAnswer] = []
    monkeypatch.setattr(chart_probe, "is_real_run", lambda: True)
    monkeypatch.setattr("pulumi.log.debug", lambda said: None)
    monkeypatch.setattr("pulumi_openkruise.chart.repository.fetch_index", lambda _address: found.pop())
    return found


def test_a_repository_without_a_usable_answer_is_named_without_its_login(answers: list[IndexAnswer]) -> None:
    answers.append(IndexAnswer("connection refused"))
    (problem,) = chart_probe.check_repository(read_settings({"chart_repository": ADDRESS}, source="test"))
    assert (problem.code, problem.place) == ("no-repository", "https://charts.example.org/")
    assert (problem.reason, "s3cret" in str(problem)) == ("connection refused", False)


@pytest.mark.parametrize(
    ("answer", "digest", "says"),
    [
        (IndexAnswer("connection refused"), A, "openkruise:chartRepository: connection refused"),
        (IndexAnswer(content=b""), A, "openkruise:chartRepository lists no digest of kruise 1.8.3"),
        (
            IndexAnswer(content=INDEX.replace("DIGEST", B).encode()),
            A,
            "openkruise:chartRepository offers another archive as kruise 1.8.3",
        ),
    ],
    ids=["no answer", "no digest", "another archive"],
)
def test_a_secret_repository_is_called_by_its_key(
    answers: list[IndexAnswer], monkeypatch: pytest.MonkeyPatch, answer: IndexAnswer, digest: str, says: str
) -> None:
    logged: list[str] = []
    monkeypatch.setattr("pulumi.log.debug", logged.append)
    answers.append(answer)
    raw = {"chartRepository": "https://charts.example.org/s3cret/?token=s3cret", "chartDigest": digest}
    given = parse_config(raw, source="stack", secret_keys={"chartRepository"})
    (problem,) = chart_probe.check_repository(
        read_settings(given, source="stack", field_name=given.field_name)
    )
    assert says in str(problem)
    assert "s3cret" not in str(problem)
    assert logged == ["asking openkruise:chartRepository for its index"]


@pytest.mark.parametrize(
    ("answer", "args", "codes"),
    [
        (IndexAnswer(), {"chart_digest": A}, []),  # it was not asked
        (IndexAnswer(content=INDEX.replace("DIGEST", A).encode()), {"chart_digest": A}, []),
        (IndexAnswer(content=INDEX.replace("DIGEST", A).encode()), {}, []),
        (IndexAnswer(content=INDEX.replace("DIGEST", B).encode()), {"chart_digest": A}, ["other-digest"]),
        (IndexAnswer(content=b""), {"chart_digest": A}, ["no-digest"]),
        (
            IndexAnswer(content=INDEX.replace("DIGEST", A).encode()),
            {"chart_digest": A, "chart_version": "1.7.5"},
            ["no-digest"],
        ),
    ],
)
def test_the_index_is_compared_with_the_digest(
    answers: list[IndexAnswer], answer: IndexAnswer, args: dict[str, Any], codes: list[str]
) -> None:
    answers.append(answer)
    settings = read_settings(
        {"chart_repository": ADDRESS, **args}, source="test", field_name=config_field_name()
    )
    problems = chart_probe.check_repository(settings)
    assert [problem.code for problem in problems] == codes
    assert {problem.place for problem in problems} <= {"openkruise:chartDigest"}
    assert answers == []


@pytest.mark.parametrize(
    ("address", "digest", "errors", "warnings"),
    [
        (ADDRESS, A, 1, 0),
        (CHART_REPOSITORY, A, 1, 0),
        (CHART_REPOSITORY, None, 0, 1),
        (ADDRESS, None, 0, 0),
    ],
)
def test_a_digest_is_not_silently_left_unchecked(
    answers: list[IndexAnswer],
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    digest: str | None,
    errors: int,
    warnings: int,
) -> None:
    """A repository may refuse this program, and then give the provider another archive."""
    said: list[str] = []
    monkeypatch.setattr("pulumi.log.warn", said.append)
    answers.append(IndexAnswer(refusal="it answers with status 403"))
    given = {"chart_repository": address, **({"chart_digest": digest} if digest else {})}
    problems = chart_probe.check_repository(
        read_settings(given, source="test", field_name=config_field_name())
    )
    assert [problem.severity for problem in problems] == ["error"] * errors
    assert len(said) == warnings
    for text in [*map(str, problems), *said]:
        assert text.startswith("openkruise:chartDigest: https://")
        assert "gives no index to compare the digest with: it answers with status 403\n" in text
        assert "s3cret" not in text


def test_without_a_repository_or_an_engine_none_is_asked(
    answers: list[IndexAnswer], monkeypatch: pytest.MonkeyPatch
) -> None:
    chart = {"chart": "oci://registry.example.org/kruise"}
    assert chart_probe.check_repository(read_settings(chart, source="test")) == []
    assert chart_probe.choose_chart_reader() is read_local_chart
    monkeypatch.setattr(chart_probe, "is_real_run", lambda: False)
    assert chart_probe.check_repository(read_settings({"chart_repository": ADDRESS}, source="test")) == []
    assert chart_probe.choose_chart_reader() is ignore_local_files


def test_mocks_are_no_engine(engine: Engine) -> None:
    found: list[bool] = []
    engine.run(lambda: found.append(chart_probe.is_real_run()))
    assert found == [False]

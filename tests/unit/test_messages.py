"""The table of messages against the engine's test double; tests/e2e/test_messages.py uses the real one."""

import runpy
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from pulumi_openkruise.chart import repository
from pulumi_openkruise.component import chart_probe
from pulumi_openkruise.component.errors import InvalidConfigError

from tests.support.engine import RELEASE, ROOT, Engine, config_texts
from tests.support.message_cases import CASES, RUNNING, Case, Stage, codes_in_the_source


@pytest.mark.parametrize("case", RUNNING, ids=[case.name for case in RUNNING])
def test_message(
    engine: Engine,
    set_config: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    case: Case,
) -> None:
    stage = Stage(case, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(chart_probe, "is_real_run", lambda: True)
    monkeypatch.setattr(repository, "PATIENCE", 1.0)
    said: list[tuple[str, str]] = []
    monkeypatch.setattr("pulumi.log.info", lambda text, **_options: said.append(("info", text)))
    monkeypatch.setattr("pulumi.log.warn", lambda text, **_options: said.append(("warning", text)))
    engine.mocks.existing = {}
    config = {"chart": "oci://registry.example.com/kruise", **stage.config()}
    if case.beside or case.code in ("shadowed-chart", "no-repository", "invalid-repository"):
        config = stage.config()
    set_config(
        {f"openkruise:{key}": text for key, text in config_texts(config).items()},
        secret=tuple(f"openkruise:{key}" for key in case.secret),
    )

    def run() -> None:
        engine.run(lambda: runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__") and None)

    if case.severity == "error":
        with pytest.raises(InvalidConfigError) as caught:
            run()
        assert str(caught.value) == stage.message("test")
        assert [problem.code for problem in caught.value.problems] == [case.code]
        assert RELEASE not in engine.types
    else:
        run()
        assert said.count((case.severity, stage.message("test"))) == 1
        assert RELEASE in engine.types


def test_every_code_of_the_source_has_one_to_three_cases() -> None:
    counted = Counter(case.code for case in CASES)
    assert set(counted) == codes_in_the_source()
    assert {code: count for code, count in counted.items() if count > 3} == {}


def test_the_tests_named_in_the_table_exist() -> None:
    for case in CASES:
        if case.test:
            path, _colons, name = case.test.partition("::")
            text = (ROOT / path).read_text()
            assert f"\ndef {name}(" in text, case.test

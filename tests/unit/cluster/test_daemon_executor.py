"""The executor of daemon threads beside Python's own."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pulumi_openkruise.cluster.daemon_executor import DaemonExecutor


@pytest.mark.parametrize("executor", [DaemonExecutor("test"), ThreadPoolExecutor(1)])
def test_a_daemon_executor_works_as_pythons_own(executor: Any) -> None:
    results: list[int] = []
    futures = [executor.submit(results.append, number) for number in range(20)]
    assert [future.result(10) for future in futures] == [None] * 20
    assert results == list(range(20))
    failed = executor.submit(lambda: dict[str, str]()["x"])
    assert isinstance(failed.exception(10), KeyError)


def test_work_that_waits_leaves_a_thread_for_other_work() -> None:
    executor = DaemonExecutor("test", 2)
    waiting = executor.submit(lambda: executor.submit(lambda: "done").result(30))
    assert waiting.result(30) == "done"

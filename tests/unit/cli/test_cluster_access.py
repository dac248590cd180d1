"""Options that choose a cluster, as kubectl takes them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import cast

import click
import pytest
from pulumi_openkruise.cli.cluster_access import ClusterAccess, parse_duration

from tests.support.api_server import api_server
from tests.support.certificates import identity

Cli = Callable[..., tuple[int, str, str]]
NEITHER = cast(click.Context, None), cast(click.Parameter, None)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("2m", 120), ("1m30s", 90), ("1h", 3600), ("1h2m3.5s", 3723.5), ("45", 45), (None, None)],
)
def test_a_duration_is_seconds(text: str | None, seconds: float | None) -> None:
    assert parse_duration(*NEITHER, text) == seconds


def test_nothing_waits_shorter_for_zero_than_for_anything_else() -> None:
    endless = parse_duration(*NEITHER, "0")
    assert endless is not None
    assert endless > 24 * 3600
    assert parse_duration(*NEITHER, "0s") == endless
    assert parse_duration(*NEITHER, "9999999h") == endless


def test_a_cluster_is_chosen_by_any_option() -> None:
    assert not ClusterAccess().is_chosen
    assert ClusterAccess(context="a").is_chosen
    assert ClusterAccess(request_seconds=1.0).is_chosen


def test_acting_as_another_goes_with_each_request(command: Cli, tmp_path: Path) -> None:
    with api_server(identity()) as server:
        server.objects("/api/v1/nodes", [])
        path = tmp_path / "kubeconfig"
        path.write_text(json.dumps(server.kubeconfig(**{"as": "carol", "as-groups": ["theirs"]})))
        code, _out, _err = command(
            "discover", "--kubeconfig", str(path), "--as", "bob", "--as-group", "devs", "--as-group", "ops"
        )
        ((_method, _path, _query, headers, _body),) = server.asked
    assert code == 0
    assert headers["Impersonate-User"] == "bob"
    assert headers["Impersonate-Group"] == "devs, ops"


@pytest.mark.parametrize("name", ["check", "discover", "recover", "migrate-storage"])
def test_every_command_that_asks_a_cluster_takes_the_same_options(name: str) -> None:
    from pulumi_openkruise.cli.app import commands

    found = commands.get_command(click.Context(commands), name)
    assert found is not None
    options = {option for parameter in found.params for option in parameter.opts}
    assert {"--kubeconfig", "--context", "--as", "--as-group", "--request-timeout"} <= options


def test_recover_acts_as_another_user(command: Cli, tmp_path: Path) -> None:
    with api_server(identity()) as server:
        path = tmp_path / "kubeconfig"
        path.write_text(json.dumps(server.kubeconfig()))
        command("recover", "--kubeconfig", str(path), "--as", "bob", "--request-timeout", "9s", "--dry-run")
        users = {headers.get("Impersonate-User") for _method, _path, _query, headers, _body in server.asked}
    assert users == {"bob"}


def test_a_group_alone_names_no_user(command: Cli, tmp_path: Path) -> None:
    with api_server(identity()) as server:
        path = tmp_path / "kubeconfig"
        path.write_text(json.dumps(server.kubeconfig()))
        code, out, err = command("discover", "--kubeconfig", str(path), "--as-group", "devs")
    assert (code, out) == (2, "")
    assert "as-groups or as-user-extra without as" in err


def test_plain_http_allows_no_impersonation(command: Cli, kubeconfig: str) -> None:
    code, out, err = command("discover", "--kubeconfig", kubeconfig, "--as", "bob")
    assert (code, out) == (2, "")
    assert "over plain HTTP" in err


@pytest.mark.parametrize(
    ("given", "request_seconds", "total_seconds"), [(None, 30, 900), (7.0, 7, 900), (3600.0, 3600, 3600)]
)
def test_a_timeout_is_that_of_each_request_and_never_longer_than_that_of_all(
    monkeypatch: pytest.MonkeyPatch, given: float | None, request_seconds: float, total_seconds: float
) -> None:
    seen: dict[str, float] = {}
    monkeypatch.setattr("pulumi_openkruise.cluster.connect", lambda *_where, **how: seen.update(how))
    ClusterAccess(request_seconds=given).connect()
    assert (seen["read_seconds"], seen["total_seconds"]) == (request_seconds, total_seconds)
    assert seen["connect_seconds"] == (5 if given is None else given)

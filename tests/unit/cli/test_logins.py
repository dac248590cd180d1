"""A login in an address of a repository, a server, a proxy, a backend: no command prints it or keeps it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pulumi_openkruise.cluster import find_address
from pulumi_openkruise.component.record import _read_recorded
from pulumi_openkruise.lifecycle.moves import Recorded

from tests.support.api_server import ApiServer

Command = Callable[..., tuple[int, str, str]]
Write = Callable[[str], str]
MARKER = "s3cretM4rker"
LOGINS = {
    "good": f"me:{MARKER}@",
    "a name alone": f"{MARKER}@",
    "a slash": f"me:{MARKER}/x@",
    "a hash": f"me:{MARKER}#x@",
    "a bracket": f"me:[{MARKER}@",
    "two": f"me:{MARKER}@x@",
    "digits and a slash": f"me:1234/{MARKER}@",
    "an @ that is quoted": f"me:{MARKER}%40",
}
VARIABLES = (
    "http_proxy",
    "https_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "no_proxy",
    "PULUMI_BACKEND_URL",
    "KUBECONFIG",
)


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (
        "http_proxy",
        "https_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "PULUMI_BACKEND_URL",
        "KUBECONFIG",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def holds_none(folder: Path, said: tuple[int, str, str]) -> tuple[int, str, str]:
    """Return what a command said; fails where that, or a file that it wrote, holds the marker."""
    assert MARKER not in said[1] + said[2]
    for path in folder.rglob("*"):
        if path.is_file() and not path.name.startswith(("Pulumi.", "kubeconfig")):
            assert MARKER not in path.read_text(errors="replace"), path
    return said


@pytest.mark.parametrize("scheme", ["https", "oci"])
@pytest.mark.parametrize("login", LOGINS.values(), ids=LOGINS)
@pytest.mark.parametrize("key", ["chartRepository", "chart", "imageRegistry"])
def test_of_a_stacks_config(
    key: str, login: str, scheme: str, command: Command, stack_file: Write, tmp_path: Path, kubeconfig: str
) -> None:
    address = f"{scheme}://{login}h.example/charts"
    path = stack_file(json.dumps({"config": {f"openkruise:{key}": address}}))
    for output in ("helm", "argocd"):
        holds_none(tmp_path, command("values", "--stack-file", path, "-o", output))
    page = str(tmp_path / "page.html")
    more = ("--stack-file", path, "--kubeconfig", kubeconfig, "--html", page, "-o", "json")
    holds_none(tmp_path, command("check", *more))


@pytest.mark.parametrize(
    ("output", "says"),
    [("helm", "--username NAME --password PASSWORD"), ("argocd", "a Secret"), ("flux", "spec.secretRef")],
)
def test_values_say_where_the_login_belongs(
    output: str, says: str, command: Command, stack_file: Write
) -> None:
    path = stack_file(f"config:\n  openkruise:chartRepository: https://me:{MARKER}@h.example/charts\n")
    code, out, err = command("values", "--stack-file", path, "-o", output)
    assert code == 0
    assert says in err
    assert "https://h.example/charts" in out + err


@pytest.mark.parametrize("output", ["helm", "json", "argocd", "flux"])
@pytest.mark.parametrize("address", [f"https://h.example/{MARKER}/", f"https://h.example/?token={MARKER}"])
def test_of_a_repository_that_is_a_secret_as_a_whole(
    output: str, address: str, command: Command, tmp_path: Path
) -> None:
    entry = {"value": address, "secret": True}
    path = tmp_path / "Pulumi.config.json"
    path.write_text(json.dumps({"openkruise:chartRepository": entry}))
    said = holds_none(tmp_path, command("values", "--config-json", str(path), "-o", output))
    if output in ("argocd", "flux"):
        assert (said[0], "openkruise:chartRepository is a secret" in said[2]) == (2, True)
    else:
        assert (said[0], "--repo REPOSITORY " in said[2]) == (0, True)
        assert "openkruise:chartRepository: it is a secret, and left out" in said[2]


@pytest.mark.parametrize("entry", [{"secret": True}, {"value": "", "secret": False}], ids=["hidden", "empty"])
def test_a_repository_that_is_only_hidden_is_no_mistake(
    entry: dict[str, object], command: Command, stack_file: Write, tmp_path: Path
) -> None:
    """A file has it encrypted, and `pulumi config --json` leaves it out."""
    path = tmp_path / "Pulumi.config.json"
    path.write_text(json.dumps({"openkruise:chartRepository": entry}))
    code, _out, err = command("values", "--config-json", str(path))
    assert (code, "expected a" in err) == ((0, False) if entry["secret"] else (2, True))
    file = stack_file("config:\n  openkruise:chartRepository: {secure: v1:x}\n")
    assert command("values", "--stack-file", file)[0] == 0


@pytest.mark.parametrize("login", LOGINS.values(), ids=LOGINS)
@pytest.mark.parametrize("where", ["server", "proxy-url"])
@pytest.mark.parametrize("scheme", ["http", "https", "socks5"])
def test_of_a_kubeconfig(scheme: str, where: str, login: str, command: Command, tmp_path: Path) -> None:
    double = ApiServer(1)
    double.address = "https://127.0.0.1:1"
    config = double.kubeconfig(token="x")
    config["clusters"][0]["cluster"][where] = f"{scheme}://{login}127.0.0.1:1/x"
    path = tmp_path / "kubeconfig"
    path.write_text(json.dumps(config))
    page = str(tmp_path / "page.html")
    for more in (["check", "--html", page], ["check", "-o", "json"], ["discover"], ["recover"]):
        code, _out, err = holds_none(tmp_path, command(*more, "--kubeconfig", str(path)))
        assert (code, bool(err)) == (2, True)
    assert MARKER not in find_address(str(path))


def test_a_login_of_a_server_is_refused_with_what_to_write(command: Command, tmp_path: Path) -> None:
    double = ApiServer(1)
    double.address = f"https://me:{MARKER}@127.0.0.1:1"
    (tmp_path / "kubeconfig").write_text(json.dumps(double.kubeconfig()))
    _code, _out, err = command("discover", "--kubeconfig", str(tmp_path / "kubeconfig"))
    assert "its server has a login in it: write username and password of the user instead" in err


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("server", "its server has a login in it: write username and password of the user instead"),
        ("proxy-url", "its proxy is not an http://, https:// or socks5:// address"),
    ],
)
def test_a_password_that_reads_as_a_port_reaches_no_host(
    where: str, says: str, command: Command, tmp_path: Path
) -> None:
    """Its first part would be the port of a host with the user's name."""
    double = ApiServer(1)
    double.address = "https://127.0.0.1:1"
    config = double.kubeconfig(token="x")
    config["clusters"][0]["cluster"][where] = f"http://me:1234/{MARKER}@127.0.0.1:1"
    (tmp_path / "kubeconfig").write_text(json.dumps(config))
    _code, _out, err = holds_none(tmp_path, command("discover", "--kubeconfig", "kubeconfig"))
    assert says in err


def test_of_the_servers_in_a_note(
    command: Command, stack_file: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("here", "there"):
        double = ApiServer(1)
        double.address = f"https://me:{MARKER}@{name}.example"
        (tmp_path / f"kubeconfig-{name}").write_text(json.dumps(double.kubeconfig()))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig-here"))
    path = stack_file(f"config:\n  kubernetes:kubeconfig: {tmp_path}/kubeconfig-there\n")
    _code, _out, err = holds_none(tmp_path, command("check", "--stack-file", path))
    assert "names https://there.example, and this reads https://here.example" in err


@pytest.mark.parametrize("login", LOGINS.values(), ids=LOGINS)
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy"])
def test_of_the_environments_proxy(
    variable: str, login: str, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, f"http://{login}127.0.0.1:1")
    double = ApiServer(1)
    double.address = "https://api.example.invalid"
    (tmp_path / "kubeconfig").write_text(json.dumps(double.kubeconfig()))
    code, _out, _err = holds_none(tmp_path, command("discover", "--kubeconfig", "kubeconfig"))
    assert code == 2


@pytest.mark.parametrize("login", LOGINS.values(), ids=LOGINS)
@pytest.mark.parametrize("scheme", ["postgres", "s3", "https"])
def test_of_pulumis_backend(
    scheme: str,
    login: str,
    command: Command,
    tmp_path: Path,
    kubeconfig: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"{scheme}://{login}h\u2100.example/state")
    holds_none(tmp_path, command("recover", "--kubeconfig", kubeconfig))
    given = f"{scheme}://{login}h.example/state"
    holds_none(tmp_path, command("recover", "--kubeconfig", kubeconfig, "--state", given))


def test_a_plugin_that_repeats_one_is_not_quoted(command: Command, tmp_path: Path) -> None:
    plugin = tmp_path / "kubeconfig-login"
    plugin.write_text(f"#!/bin/sh\necho 'no route to https://me:{MARKER}@idp.example/' >&2\nexit 1\n")
    plugin.chmod(0o755)
    double = ApiServer(1)
    double.address = "https://127.0.0.1:1"
    version = "client.authentication.k8s.io/v1"
    user = {"apiVersion": version, "command": str(plugin), "interactiveMode": "Never"}
    (tmp_path / "kubeconfig").write_text(json.dumps(double.kubeconfig(exec=user)))
    _code, _out, err = holds_none(tmp_path, command("discover", "--kubeconfig", "kubeconfig"))
    assert "no route to https://***@idp.example/" in err


def test_a_record_of_an_earlier_version_is_read_without_it() -> None:
    state = {"server": f"https://me:{MARKER}@h", "namespace": "kruise-system", "createNamespace": True}
    assert _read_recorded(state) == Recorded("https://h", "kruise-system", True)

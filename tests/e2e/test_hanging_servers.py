"""`preview` and `up` against API servers that misbehave: each ends within seconds, with a sentence.

Engine, provider and program are the real ones; nothing is installed. `make servers` meets all of them, the
suite three. One engine at a time: a provider that reads an answer without end fills the memory.
"""

import json
import os
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import pytest

from sandbox.chart_choice import Chart
from sandbox.state import State
from tests.support import misbehaving as servers

from .stack import Outcome, Stack

HANGS = 180.0
"""Seconds after which a command counts as hanging; alone on a machine each ends within thirty."""

REFUSED = "the Kubernetes provider would hang, so it was not asked"
COMMANDS = {"preview": ("preview",), "up": ("up", "--yes", "--skip-preview")}


@dataclass(frozen=True)
class Kind:
    """One kind of server, and what is said about it."""

    serve: Callable[[State], AbstractContextManager[str]]
    """Context manager that serves beside a sandbox; yields the address."""
    cause: str
    """A pattern of the sentence in a preview, and of the refusal of `up` where the server hangs."""
    hangs: bool = False
    """Whether the provider would hang, so that both commands are refused."""


def over_http(behaviour: servers.Behaviour) -> Callable[[State], AbstractContextManager[str]]:
    return lambda _state: servers.misbehaving(behaviour)


def as_https(behaviour: servers.Behaviour) -> Callable[[State], AbstractContextManager[str]]:
    @contextmanager
    def serve(_state: State) -> Iterator[str]:
        with servers.misbehaving(behaviour) as address:
            yield address.replace("http:", "https:")

    return serve


@contextmanager
def of_unknown_authority(state: State) -> Iterator[str]:
    """Yield the address of the sandbox's own server, whose authority the kubeconfig does not name."""
    yield f"https://127.0.0.1:{state.port('apiserver')}"


@contextmanager
def nowhere(_state: State) -> Iterator[str]:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{closed.getsockname()[1]}"


@contextmanager
def without_room(_state: State) -> Iterator[str]:
    """Listen, and let no further connection come about: packets are lost, as behind a firewall."""
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for one in (first, second):
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        yield f"http://127.0.0.1:{full.getsockname()[1]}"


KINDS = {
    "refuses": Kind(nowhere, "connection refused"),
    "loses packets": Kind(without_room, "no connection within the time allowed", hangs=True),
    "silent": Kind(over_http(servers.silent), "no answer within the time allowed", hangs=True),
    "silent in TLS": Kind(as_https(servers.silent), "within the time allowed", hangs=True),
    "speaks no TLS": Kind(as_https(servers.answers_html), "it speaks no TLS"),
    "unknown authority": Kind(of_unknown_authority, "its certificate is not trusted"),
    "drips its header": Kind(over_http(servers.drips_its_header), "no whole answer", hangs=True),
    "drips its body": Kind(over_http(servers.drips_its_body), "no whole answer", hangs=True),
    "endless answer": Kind(over_http(servers.never_ends_its_body), "more than 32 MiB", hangs=True),
    "endless pages": Kind(
        over_http(servers.sends_pages_without_end), "15 seconds|no whole answer", hangs=True
    ),
    "same page": Kind(over_http(servers.repeats_its_continue_token), "again and again", hangs=True),
    "busy for a day": Kind(over_http(servers.asks_to_come_again_in_a_day), ": 429 ", hangs=True),
    "busy each time": Kind(over_http(servers.asks_to_come_again_at_once_for_ever), ": 503 ", hangs=True),
    "redirects": Kind(over_http(servers.redirects_to_itself), ": 302 "),
    "HTML": Kind(over_http(servers.answers_html), "speaks no JSON"),
    "no HTTP": Kind(over_http(servers.speaks_no_http), "speaks no HTTP"),
    "closes": Kind(over_http(servers.closes), "it ends the connection"),
    "half an answer": Kind(over_http(servers.cuts_its_body), "it ends the connection"),
    "rejects credentials": Kind(over_http(servers.takes_no_credentials), ": 401 "),
}
SAMPLE = [("endless answer", "up"), ("busy for a day", "preview"), ("HTML", "up")]
ALL = [(kind, command) for kind in KINDS for command in COMMANDS]


@pytest.fixture(scope="module")
def stack(life_state: State, charts: dict[str, Chart]) -> Stack:
    """Provide a stack by which nothing is ever installed."""
    return Stack(life_state, charts["1.8.3"], name="servers")


@pytest.mark.parametrize(("name", "command"), ALL if os.environ.get("SERVERS") == "all" else SAMPLE)
def test_it_ends_with_a_sentence(stack: Stack, name: str, command: str) -> None:
    kind = KINDS[name]
    with kind.serve(stack.state) as address:
        path = stack.state.pulumi / "misbehaving.kubeconfig"
        path.write_text(json.dumps(_kubeconfig(address)))
        stack.configure({"protect": "false"}, kubeconfig=path)
        began = time.monotonic()
        with stack.started(*COMMANDS[command]) as running:
            try:
                output, code = running.finished(HANGS)
            except subprocess.TimeoutExpired:
                pytest.fail(f"{name}: `{command}` does not end")
        print(f"{name}, {command}: {time.monotonic() - began:.1f} s, exit code {code}")
    said = Outcome(f"pulumi {command}", code, output)
    assert "Traceback" not in output, output
    if kind.hangs:
        assert REFUSED in said.failed().output
    if kind.hangs or command == "preview":
        assert re.search(kind.cause, output), output
    else:
        assert "unreachable" in said.failed().output


def _kubeconfig(address: str) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "sandbox",
        "contexts": [{"name": "sandbox", "context": {"cluster": "sandbox", "user": "me"}}],
        "clusters": [{"name": "sandbox", "cluster": {"server": address}}],
        "users": [{"name": "me", "user": {}}],
    }

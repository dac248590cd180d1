"""The pool of connections to one API server: what urllib3 is asked for, and what cannot be used."""

import os
import ssl
import sys
import tempfile
import warnings
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from pulumi_openkruise.cluster import KubeconfigError, connection
from pulumi_openkruise.cluster.connection import Endpoint, open_pool
from urllib3 import PoolManager, ProxyManager
from urllib3.exceptions import InsecureRequestWarning

from tests.support.certificates import identity, other_identity

SERVER = "https://h.example:6443"


def options_of(pool: Any) -> dict[str, Any]:
    options: dict[str, Any] = dict(pool.connection_pool_kw)
    return options


def test_plain_http_has_no_option_of_tls() -> None:
    endpoint = Endpoint("http://h.example", "k", identity().authority, False, "other.example")
    pool = open_pool(endpoint, "", "")
    assert type(pool) is PoolManager
    assert options_of(pool) == {"maxsize": 10}


@pytest.mark.parametrize(
    ("name", "verify", "names"),
    [
        ("", True, {}),
        ("other.example", True, {"server_hostname": "other.example", "assert_hostname": "other.example"}),
        ("", False, {"assert_hostname": False, "cert_reqs": ssl.CERT_NONE}),
        (
            "other.example",
            False,
            {"server_hostname": "other.example", "assert_hostname": False, "cert_reqs": ssl.CERT_NONE},
        ),
    ],
)
def test_which_name_a_certificate_must_have(name: str, verify: bool, names: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        options = options_of(open_pool(Endpoint(SERVER, "k", "", verify, name), "", ""))
    context = options.pop("ssl_context")
    assert options == {"maxsize": 10, **names}
    assert context.check_hostname is verify
    assert context.verify_mode == (ssl.CERT_REQUIRED if verify else ssl.CERT_NONE)


@pytest.mark.parametrize("authority", ["", "own"])
def test_only_the_authority_of_the_kubeconfig_is_trusted_where_it_has_one(authority: str) -> None:
    given = identity().authority if authority else ""
    context = options_of(open_pool(Endpoint(SERVER, "k", given), "", ""))["ssl_context"]
    trusted = context.get_ca_certs(binary_form=True)
    system = ssl.create_default_context().get_ca_certs(binary_form=True)
    assert trusted == ([ssl.PEM_cert_to_DER_cert(given)] if given else system)
    assert context.hostname_checks_common_name is False  # Go's rules


def test_a_check_that_is_switched_off_warns_of_nothing() -> None:
    """The kubeconfig asks for it; with the check, the warning stays as the user has it."""
    for verify in (True, False):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            open_pool(Endpoint(SERVER, "k", verify=verify), "", "")
            warnings.warn("x", InsecureRequestWarning, stacklevel=1)
        assert len(caught) == verify


@pytest.mark.parametrize(
    ("proxy", "address", "headers"),
    [
        ("http://p.example:3128", "http://p.example:3128", {}),
        (
            "http://me:word@p.example:3128",
            "http://p.example:3128",
            {"proxy-authorization": "Basic bWU6d29yZA=="},
        ),
        (
            "http://m%40e:w%3Ad@p.example:1",
            "http://p.example:1",
            {"proxy-authorization": "Basic bUBlOnc6ZA=="},
        ),
        ("http://me@p.example:1", "http://p.example:1", {"proxy-authorization": "Basic bWU6"}),
        ("http://:word@p.example:1", "http://p.example:1", {"proxy-authorization": "Basic OndvcmQ="}),
    ],
)
def test_a_login_to_a_proxy_goes_into_a_header(proxy: str, address: str, headers: dict[str, str]) -> None:
    pool = open_pool(Endpoint(SERVER, "k", verify=False, proxy=proxy), "", "")
    assert isinstance(pool, ProxyManager)
    assert pool.proxy is not None
    assert pool.proxy.url == address
    assert dict(pool.proxy_headers) == headers
    assert options_of(pool)["maxsize"] == 10
    assert options_of(pool)["assert_hostname"] is False


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_a_socks_proxy_resolves_the_names(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    """As Go has it; by a double, since PySocks need not be installed."""
    module = ModuleType("urllib3.contrib.socks")
    vars(module)["SOCKSProxyManager"] = lambda proxy, **options: SimpleNamespace(proxy=proxy, options=options)
    monkeypatch.setitem(sys.modules, "urllib3.contrib.socks", module)
    pool = open_pool(Endpoint("http://h.example", "k", proxy=f"{scheme}://me:word@p.example:1"), "", "")
    assert pool.proxy == "socks5h://me:word@p.example:1"
    assert pool.options == {"maxsize": 10}


@pytest.mark.parametrize(
    ("change", "what", "reason"),
    [
        ({"authority": "nothing"}, "certificate authority", ""),
        ({"authority": "\u20ac"}, "certificate authority", "not PEM"),
        ({"certificate": "nothing"}, "client certificate", ""),
        ({"key": other_identity().client()[1]}, "client certificate", "key values mismatch"),
        ({"key": ""}, "client certificate", ""),
    ],
)
@pytest.mark.parametrize("memory", [True, False])
def test_what_cannot_be_used_is_refused_with_the_reason(
    change: dict[str, str], what: str, reason: str, memory: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not memory:
        monkeypatch.delattr("os.memfd_create", raising=False)
    certificate, key = identity().client()
    given = {"authority": identity().authority, "certificate": certificate, "key": key} | change
    with pytest.raises(KubeconfigError) as caught:
        open_pool(Endpoint(SERVER, "kubeconfig x", given["authority"]), given["certificate"], given["key"])
    said = f"kubeconfig x: the {what} cannot be used: {reason}"
    assert str(caught.value).startswith(said)
    assert caught.value.cause == str(caught.value)
    assert caught.value.__suppress_context__
    assert not reason or str(caught.value) == said


def encrypt(key: str) -> str:
    """Return a private key as PEM that needs a password."""
    loaded = serialization.load_pem_private_key(key.encode(), None)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    return loaded.private_bytes(*form, serialization.BestAvailableEncryption(b"x")).decode()


@pytest.mark.parametrize("way", ["memory", "no memory files", "no proc"])
@pytest.mark.parametrize("encrypted", [True, False])
def test_nothing_stays_of_a_key_that_was_given_to_openssl(
    way: str, encrypted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it is a file in memory, where the system has them and a path to them, or one on a disk."""
    if not hasattr(os, "memfd_create") and way != "no memory files":
        pytest.skip("Linux alone has files in memory")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    numbers, closed, paths = list[int](), list[int](), list[str]()
    close = os.close

    def close_recorded(number: int) -> None:
        closed.append(number)
        close(number)

    monkeypatch.setattr("os.close", close_recorded)
    if way == "no memory files":
        monkeypatch.delattr("os.memfd_create", raising=False)
    elif way == "no proc":
        monkeypatch.setattr("os.path.isdir", lambda path: path != "/proc/self/fd")
    if way == "memory":
        create = os.memfd_create

        def create_recorded(name: str, flags: int) -> int:
            assert flags == os.MFD_CLOEXEC
            numbers.append(create(name, flags))
            return numbers[-1]

        monkeypatch.setattr("os.memfd_create", create_recorded)
    make = tempfile.mkstemp

    def make_recorded(**options: Any) -> tuple[int, str]:
        number, path = make(**options)
        paths.append(os.path.basename(path))
        return number, path

    monkeypatch.setattr("tempfile.mkstemp", make_recorded)
    certificate, key = identity().client()
    endpoint = Endpoint(SERVER, "kubeconfig x")
    if encrypted:
        with pytest.raises(KubeconfigError) as caught:
            open_pool(endpoint, certificate, encrypt(key))
        assert str(caught.value) == (
            "kubeconfig x: the client certificate cannot be used: its key is encrypted, and no password can "
            "be asked for"
        )
    else:
        assert open_pool(endpoint, certificate, key)
    assert list(tmp_path.iterdir()) == []
    assert [path.startswith("openkruise-client-") for path in paths] == ([] if way == "memory" else [True])
    assert len(numbers) == (way == "memory")
    assert set(numbers) <= set(closed)


def with_reason(reason: Any) -> ssl.SSLError:
    error = ssl.SSLError(1, "s3cretM4rker")
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (with_reason("KEY_VALUES_MISMATCH"), "key values mismatch"),
        (with_reason(None), "not PEM"),
        (with_reason(""), "not PEM"),
        (TypeError("s3cretM4rker"), "not PEM"),
        (ValueError("its key is encrypted, and no password"), "its key is encrypted, and no password"),
        (ValueError("s3cretM4rker"), "ValueError"),
        (
            UnicodeEncodeError("latin-1", "\u20ac encrypted", 0, 1, "ordinal not in range(256)"),
            "ordinal not in range(256)",
        ),
        (OSError(2, "No such file or directory", "encrypted s3cretM4rker"), "no such file or directory"),
    ],
)
def test_the_reason_holds_nothing_of_the_input(error: Exception, reason: str) -> None:
    assert connection._find_tls_reason(error) == reason

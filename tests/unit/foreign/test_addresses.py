"""Logins in addresses: taken out of every address that is shown or kept, whatever else is wrong with it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_openkruise.foreign.addresses import (
    SecretAddress,
    has_login,
    hide_logins,
    split_login,
    strip_login,
)

MARKER = "s3cretM4rker"


@pytest.mark.parametrize(
    "address",
    [
        f"https://me:{MARKER}@h/charts",
        f"https://{MARKER}@h",
        f"https://me:{MARKER}/x@h/charts",
        f"https://me:{MARKER}#x@h/charts",
        f"https://me:{MARKER}?x@h/charts",
        f"https://me:[{MARKER}@h/charts",
        f"https://me:{MARKER}@x@h/charts",
        f"https://me:{MARKER}@h:port/charts",
        f"https://me:{MARKER}@h:0/charts",
        f"oci://me:{MARKER}@h/charts/kruise",
        f"postgres://me:{MARKER}@h\u2100/state",
        f"me:{MARKER}@h",
    ],
)
def test_no_login_is_left(address: str) -> None:
    assert MARKER not in strip_login(address)
    assert strip_login(address).rpartition("/charts")[0].endswith(("h", "h:port", "h:0", ""))
    assert has_login(address) == ("://" in address)


@pytest.mark.parametrize(
    "address",
    [
        "https://h:8443/a?b#c",
        "http://[::1]:1/",
        "http://[::1",
        "https://h:8443/%40scope/x",
        "oci://h/kruise@sha256:ab",
        "oci://h:5000/kruise@sha256:ab",
        "h:5000/kruise@sha256:ab",
        "file:///home/me@example.com/state",
        "h",
        "",
    ],
)
def test_an_address_without_one_stays(address: str) -> None:
    assert strip_login(address) == address
    assert not has_login(address)
    assert split_login(address) == (address, "", "")


PLAIN_WORDS = [
    "docker.io/openkruise/kruise-manager:v1.8.3@sha256:0ab1",
    "git@github.com:openkruise/charts",
    "oidc:me@example.com",
    "me@example.com/api:6443",
    "arn:aws:eks:eu-central-1:1:cluster/a",
    "file:///home/me@example.com/state",
    "C:\\Users\\me@example.com",
]
"""What is no address with a login, for all its marks."""


@given(st.text(), st.text(alphabet="abc:/?#[]@%", max_size=5))
def test_any_text_has_an_answer(text: str, odd: str) -> None:
    for address in (text, f"https://me:{MARKER}{odd}@{text}"):
        strip_login(address)
        has_login(address)


ODD = st.text(alphabet="aB12/@#?\\\\%:[]", max_size=6)
PASSWORDS = st.builds(lambda before, after: f"{before}{MARKER}{after}", ODD, ODD)
LOGINS = st.one_of(
    PASSWORDS,
    st.builds("{}:{}".format, st.sampled_from(["me", "me@example.com", "12", "", f"me{MARKER}"]), PASSWORDS),
    st.builds("me:{}/{}".format, st.integers(0, 99999), PASSWORDS),
)
SCHEMES = st.sampled_from(
    ["https://", "HTTP://", "oci://", "postgres://", "git+ssh://", "https:\\\\", "https:/"]
)
HOSTS = st.sampled_from(["h.example", "10.0.0.1:5000", "[::1]:6443", "[fe80::1%25eth0]", "h:port"])
PATHS = st.sampled_from(["", "/", "/charts/x?a=b#c", "/kruise@sha256:0aB1".lower()])
PLAIN = st.builds(
    "{}{}{}".format,
    SCHEMES,
    st.sampled_from(["h.example", "10.0.0.1:5000", "[::1]:6443", "[fe80::1%25eth0]"]),
    PATHS,
)
SPACED = st.builds(
    "me:p{} {}{}".format, st.sampled_from(["", "1", "/x", "#"]), st.just(MARKER), st.text(" a1/", max_size=4)
)
AROUND = [
    ("cannot open {}", None),
    ("Get {}: no such host", None),
    ("url={} is not one", None),
    ("({})", None),
    ("{}\nand more", None),
    ('parse "{}": failed', '"'),
    ('{{"url":"{}","a":1}}', '"'),
    ("Failed to parse: '{}', label too long", "'"),
]
"""What programs write around an address, and the quotation mark that ends it."""


@given(SCHEMES, LOGINS | SPACED, HOSTS, PATHS)
def test_no_password_is_left_however_the_address_is_written(
    scheme: str, login: str, host: str, path: str
) -> None:
    for address in (f"{scheme}{login}@{host}{path}", f"me:{login}@{host}{path}"):
        assert MARKER not in strip_login(address)
        assert strip_login(address).endswith(f"{host}{path}")


@given(st.sampled_from(AROUND), SCHEMES, LOGINS, HOSTS, PATHS, st.sampled_from(AROUND), PLAIN)
def test_no_password_is_left_in_a_sentence(
    around: tuple[str, str | None],
    scheme: str,
    login: str,
    host: str,
    path: str,
    beside: tuple[str, str | None],
    plain: str,
) -> None:
    shown = hide_logins(f"{beside[0].format(plain)} {around[0].format(f'{scheme}{login}@{host}{path}')}")
    assert MARKER not in shown
    assert shown.startswith(beside[0].format(plain))
    assert shown.endswith(around[0].partition("{}")[2].replace("}}", "}"))
    assert f"@{host}{path}" in shown
    assert hide_logins(shown) == shown


@given(st.sampled_from(AROUND), SCHEMES, SPACED, HOSTS, PATHS)
def test_a_space_does_not_end_a_password(
    around: tuple[str, str | None], scheme: str, login: str, host: str, path: str
) -> None:
    address = f"{scheme}{login}@{host}{path}"
    assert hide_logins(around[0].format(address)) == around[0].format(f"{scheme}***@{host}{path}")
    if around[1]:
        digits = around[0].format(f"{scheme}me:12 {MARKER}@{host}{path}")
        assert hide_logins(digits) == around[0].format(f"{scheme}***@{host}{path}")


@given(st.sampled_from(AROUND), PASSWORDS, st.sampled_from(["h.example:5000", "h/charts", "[::1]:6443"]))
def test_an_address_without_a_scheme_loses_its_login(
    around: tuple[str, str | None], password: str, address: str
) -> None:
    assert MARKER not in hide_logins(around[0].format(f"me:{password}@{address}"))


@given(st.lists(st.tuples(st.sampled_from(AROUND), PLAIN | st.sampled_from(PLAIN_WORDS)), max_size=4))
def test_words_without_a_login_stay(parts: list[tuple[tuple[str, str | None], str]]) -> None:
    text = " ".join(around.format(address) for (around, _quote), address in parts)
    assert hide_logins(text) == text


def test_words_of_another_program_lose_them() -> None:
    words = f"cannot open postgres://me:{MARKER}@db/state and https://{MARKER}@h, not https://h:1/x"
    assert hide_logins(words) == "cannot open postgres://***@db/state and https://***@h, not https://h:1/x"
    listed = f"https://h:1/x,https://me:{MARKER}@h;me:{MARKER}@h:1"
    assert hide_logins(listed) == "https://h:1/x,https://***@h:1"


def test_a_host_that_is_none_may_be_a_password() -> None:
    """Where the host was forgotten, or the @ was quoted with the rest."""
    assert strip_login(f"https://me:{MARKER}/charts") == "https://***/charts"
    assert strip_login(f"https://me:1{MARKER}%40h/charts") == "https://***%40h/charts"
    assert hide_logins(f"cannot parse https://me:{MARKER} at all") == "cannot parse https://*** at all"


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("https://me:a%2Fb@h/x", ("https://h/x", "me", "a/b")),
        ("https://me@h", ("https://h", "me", "")),
        ("https://a:b:c@d@h/x", ("https://h/x", "a", "b:c@d")),
        # Whether these are passwords or paths is open, so nothing is taken out of them.
        ("https://me:12/x@h/", ("https://me:12/x@h/", "", "")),
        ("https://me:a/x@h/", ("https://me:a/x@h/", "", "")),
        ("me:a@h", ("me:a@h", "", "")),
    ],
)
def test_a_login_is_parted_from_its_address(address: str, parts: tuple[str, str, str]) -> None:
    assert split_login(address) == parts


def test_a_long_text_is_read_in_one_pass() -> None:
    for part in ("a", "a:/", "a@", "aa://b:c ", "'aa://b", "x:y@h:1", "https://h:1/x,"):
        assert len(hide_logins(part * (20_000 // len(part)))) < 40_000


@pytest.mark.parametrize("address", [f"https://h/{MARKER}/charts", f"https://me:{MARKER}@h?{MARKER}", MARKER])
def test_of_a_secret_address_only_its_name_is_shown(address: str) -> None:
    secret = SecretAddress(address, "the key")
    assert (strip_login(secret), repr(secret)) == ("the key", "SecretAddress('the key')")
    assert (secret, split_login(secret), has_login(secret)) == (
        address,
        split_login(address),
        has_login(address),
    )
    assert strip_login(SecretAddress(address)) == "***"

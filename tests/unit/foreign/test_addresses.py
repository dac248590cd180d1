"""Logins in addresses: taken out of every address that is shown or kept, whatever else is wrong with it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_openkruise.foreign.addresses import has_login, hide_logins, split_login, strip_login

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
    ["https://h:8443/a?b#c", "http://[::1]:1/", "oci://h/kruise@sha256:ab", "https://h/@scope/x", "h", ""],
)
def test_an_address_without_one_stays(address: str) -> None:
    assert strip_login(address) == address
    assert not has_login(address)
    assert split_login(address) == (address, "", "")


@given(st.text(), st.text(alphabet="abc:/?#[]@%", max_size=5))
def test_any_text_has_an_answer(text: str, odd: str) -> None:
    for address in (text, f"https://me:{MARKER}{odd}@{text}"):
        strip_login(address)
        has_login(address)


@given(st.text(alphabet="ab/?#[]@%:", max_size=6))
def test_the_password_of_a_good_host_is_never_left(odd: str) -> None:
    assert MARKER not in strip_login(f"https://me:{MARKER}{odd}@h.example/charts")


def test_words_of_another_program_lose_them() -> None:
    words = f"cannot open postgres://me:{MARKER}@db/state and https://{MARKER}@h; see https://h/@scope"
    assert hide_logins(words) == "cannot open postgres://***@db/state and https://***@h; see https://h/@scope"

"""Helm's release records, from Secrets packed as Helm packs them."""

import base64
import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_openkruise.foreign import json_input
from pulumi_openkruise.inventory.helm_records import (
    UnreadableRecordError,
    decode,
    decode_all,
    find_deployed,
    find_latest,
    unpack,
)


def packed(release: Any, *, compress: bool = True) -> str:
    content = json.dumps(release).encode()
    content = gzip.compress(content) if compress else content
    return base64.b64encode(base64.b64encode(content)).decode()


def record(revision: int = 1, status: str = "deployed", **more: Any) -> dict[str, Any]:
    release = {
        "name": "kruise",
        "namespace": "kruise-system",
        "version": revision,
        "info": {
            "status": status,
            "description": "Upgrade complete",
            "last_deployed": "2026-01-01T00:00:00Z",
        },
        "chart": {
            "metadata": {"name": "kruise", "version": "1.8.3", "appVersion": "1.8.3"},
            "values": {"manager": {"replicas": 2}},
        },
        "config": {"daemon": {"port": 1}},
        "manifest": "---\nkind: Secret\n",
        "hooks": [{"name": "kruise-finalizer", "kind": "Job"}],
        **more,
    }
    name = f"sh.helm.release.v1.kruise.v{revision}"
    return {"metadata": {"name": name}, "type": "helm.sh/release.v1", "data": {"release": packed(release)}}


def test_every_field_of_a_record_is_decoded() -> None:
    found = decode(record(3))
    assert (found.name, found.namespace, found.revision, found.status) == (
        "kruise",
        "kruise-system",
        3,
        "deployed",
    )
    assert (found.chart, found.chart_version, found.app_version) == ("kruise", "1.8.3", "1.8.3")
    assert (found.values, found.defaults) == ({"daemon": {"port": 1}}, {"manager": {"replicas": 2}})
    assert found.manifest == "---\nkind: Secret\n"
    assert found.hooks == ({"name": "kruise-finalizer", "kind": "Job"},)
    assert (found.description, found.updated) == ("Upgrade complete", "2026-01-01T00:00:00Z")
    assert found.secret == "sh.helm.release.v1.kruise.v3"


def test_one_that_is_not_compressed() -> None:
    secret = record()
    secret["data"]["release"] = packed({"name": "old", "version": 1}, compress=False)
    assert decode(secret).name == "old"


@pytest.mark.parametrize("odd", ["!", " ", "\n", "-", "="])
def test_what_is_not_base64_is_refused_and_not_read_without_it(odd: str) -> None:
    """As Helm refuses it: what is left out may have been a part of it."""
    inner = base64.b64encode(json.dumps({"name": "kruise"}).encode()).decode()
    good = base64.b64encode(inner.encode()).decode()
    assert unpack(good)["name"] == "kruise"
    within = base64.b64encode((inner[:4] + odd + inner[4:]).encode()).decode()
    for data in (good[:4] + odd + good[4:], within):
        with pytest.raises(ValueError):
            unpack(data)


def test_many_in_order_of_revision() -> None:
    secrets = [record(10), record(2, "superseded"), record(9, "failed")]
    secrets.append({"metadata": {"name": "mine"}, "type": "Opaque", "data": {}})
    secrets.append({"metadata": {"name": "torn"}, "type": "helm.sh/release.v1", "data": {"release": "%"}})
    found, unreadable = decode_all(secrets)
    assert [one.revision for one in found] == [2, 9, 10]
    assert len(unreadable) == 1
    assert unreadable[0].startswith("Secret torn: not a Helm release record: ")


def test_latest_and_deployed_are_not_the_same() -> None:
    records, _unreadable = decode_all([record(1), record(2, "pending-upgrade")])
    newest, current = find_latest(records), find_deployed(records)
    assert newest is not None
    assert current is not None
    assert (newest.revision, current.revision) == (2, 1)
    assert find_latest([]) is None
    assert find_deployed(records[1:]) is None


def test_one_that_would_fill_the_memory_is_refused() -> None:
    content = gzip.compress(b" " * (17 << 20))
    data = base64.b64encode(base64.b64encode(content)).decode()
    with pytest.raises(UnreadableRecordError, match="larger than any release"):
        decode({"metadata": {"name": "bomb"}, "data": {"release": data}})


@pytest.mark.parametrize("field", ["config", "hooks", "manifest"])
def test_one_with_more_values_than_the_memory_bears_is_refused(
    field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_input, "MOST_VALUES", 1000)
    content = gzip.compress(json.dumps({"name": "kruise", field: [{}] * 1000}).encode())
    data = base64.b64encode(base64.b64encode(content)).decode()
    with pytest.raises(UnreadableRecordError, match="it has more than 1,000 values"):
        decode({"metadata": {"name": "bomb"}, "data": {"release": data}})


def test_one_that_is_cut_off() -> None:
    whole = gzip.compress(json.dumps({"name": "kruise"}).encode())
    data = base64.b64encode(base64.b64encode(whole[:-6])).decode()
    with pytest.raises(UnreadableRecordError, match="cut off"):
        decode({"data": {"release": data}})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)
FIELDS = st.sampled_from(["name", "namespace", "version", "info", "chart", "config", "manifest", "hooks"])


@given(st.dictionaries(FIELDS, JSON))
def test_whatever_a_record_holds_is_data_or_a_clear_error(release: dict[str, Any]) -> None:
    found = decode({"data": {"release": packed({**release, "name": "kruise"})}})
    assert isinstance(found.name, str)
    assert isinstance(found.revision, int)


@given(st.binary(max_size=60) | st.text(max_size=60) | JSON)
def test_whatever_a_secret_holds_is_data_or_a_clear_error(data: Any) -> None:
    content = data.decode("latin-1") if isinstance(data, bytes) else data
    for release in (content, base64.b64encode(base64.b64encode(str(content).encode())).decode()):
        with pytest.raises(UnreadableRecordError, match="not a Helm release record"):
            decode({"metadata": {"name": "x"}, "data": {"release": release}})


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (None, "it has no field release"),
        (5, "it has no field release"),
        (
            base64.b64encode(base64.b64encode(b"\x1f\x8bno gzip")).decode(),
            "it is not compressed as gzip does",
        ),
        (base64.b64encode(base64.b64encode(b"[" * 100_000)).decode(), "it is nested too deeply"),
        (packed([]), "it holds no release"),
        (packed({"name": 5}), "it holds no release"),
    ],
    ids=["none", "number", "gzip", "nested", "list", "name"],
)
def test_why_a_record_cannot_be_read(data: Any, says: str) -> None:
    with pytest.raises(UnreadableRecordError) as caught:
        decode({**record(), "data": {"release": data}})
    assert str(caught.value).endswith(says)


def test_only_a_secret_of_helms_type_is_a_record() -> None:
    assert decode({**record(), "type": ""}).name == "kruise"
    with pytest.raises(UnreadableRecordError, match=r"its type is not helm\.sh/release\.v1$"):
        decode({**record(), "type": "Opaque"})
    with pytest.raises(UnreadableRecordError, match="without a name"):
        decode({"type": "Opaque"})

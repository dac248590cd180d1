"""What etcd itself holds: the API server converts whatever it is asked for, and so hides what is stored."""

import base64
import json
from collections import Counter
from typing import Any

import httpx

from sandbox.state import State


def stored(state: State, prefix: str) -> list[dict[str, Any]]:
    """Return the custom resources below a prefix of keys, as they are stored."""
    end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
    query = {"key": _packed(prefix), "range_end": _packed(end)}
    url = f"http://127.0.0.1:{state.port('etcd')}/v3/kv/range"
    answer = httpx.post(url, json=query, trust_env=False, timeout=60).raise_for_status().json()
    return [json.loads(base64.b64decode(entry["value"])) for entry in answer.get("kvs", [])]


def stored_versions(state: State, plural: str) -> Counter[str]:
    """Count the objects of a kind by the API version in which each is stored."""
    found = stored(state, f"/registry/apps.kruise.io/{plural}/")
    return Counter(one["apiVersion"].partition("/")[2] for one in found)


def _packed(text: str) -> str:
    return base64.b64encode(text.encode()).decode()

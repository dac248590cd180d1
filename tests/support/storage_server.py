"""Test double of how an API server stores custom resources: in the version that their CRD writes."""

import json
from collections.abc import Callable
from threading import Lock
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

from .api_server import Answer, ApiServer

_CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
Hook = Callable[[str, str], Answer | None]


class StorageServer:
    """Answers for ``server`` with CRDs and objects; ``objects`` are stored, each with its version.

    ``hook`` is called with method and path before each request, and may answer in its place.
    """

    def __init__(self, server: ApiServer) -> None:
        self.crds: dict[str, dict[str, Any]] = {}
        self.objects: dict[str, dict[str, dict[str, Any]]] = {}
        self.hook: Hook = lambda _method, _path: None
        self.asked: list[tuple[str, str, Any]] = []
        self.headers: list[tuple[str, dict[str, str]]] = []
        """The headers of each request, with its method."""
        self._version = 100
        self._lock = Lock()
        server.respond = self._respond  # type: ignore[method-assign]

    def add_crd(self, plural: str, kind: str, versions: list[str], written: str, stored: list[str]) -> None:
        """Add a CRD whose objects live in namespaces."""
        name = f"{plural}.apps.kruise.io"
        self.crds[name] = {
            "metadata": {"name": name, "generation": 1, "resourceVersion": self._next()},
            "spec": {
                "group": "apps.kruise.io",
                "names": {"plural": plural, "kind": kind},
                "versions": [
                    {"name": one, "served": True, "storage": one == written, "subresources": {"status": {}}}
                    for one in versions
                ],
            },
            "status": {"storedVersions": stored},
        }
        self.objects[name] = {}

    def add(self, plural: str, name: str, version: str, spec: dict[str, Any] | None = None) -> None:
        """Store an object in a version."""
        metadata = {"name": name, "namespace": "default", "uid": name, "resourceVersion": self._next()}
        one = {"apiVersion": f"apps.kruise.io/{version}", "metadata": metadata, "spec": spec or {}}
        self.objects[f"{plural}.apps.kruise.io"][name] = one

    def write(self, plural: str, name: str, spec: dict[str, Any]) -> None:
        """Change an object as its owner does."""
        crd = f"{plural}.apps.kruise.io"
        self._store(crd, self.objects[crd][name], spec)

    def stored_as(self, plural: str) -> list[str]:
        """Return the version in which each object is stored."""
        found = self.objects[f"{plural}.apps.kruise.io"].values()
        return [one["apiVersion"].partition("/")[2] for one in found]

    def _next(self) -> str:
        self._version += 1
        return str(self._version)

    def _store(self, crd: str, one: dict[str, Any], spec: dict[str, Any] | None = None) -> None:
        versions = self.crds[crd]["spec"]["versions"]
        written = next(version["name"] for version in versions if version["storage"])
        one["apiVersion"] = f"apps.kruise.io/{written}"
        one["metadata"]["resourceVersion"] = self._next()
        if spec is not None:
            one["spec"] = spec

    def _respond(self, method: str, target: str, headers: dict[str, str], body: Any) -> Answer:
        with self._lock:
            self.headers.append((method, headers))
            return self._answer(method, urlsplit(target), body)

    def _answer(self, method: str, url: SplitResult, body: Any) -> Answer:
        self.asked.append((method, url.path, body))
        answer = self.hook(method, url.path)
        if answer is not None:
            return answer
        query = dict(parse_qsl(url.query))
        parts = url.path.strip("/").split("/")
        if url.path == _CRDS:
            return 200, {"metadata": {}, "items": list(self.crds.values())}
        if url.path.startswith(f"{_CRDS}/"):
            return self._crd(method, parts[4], body)
        if parts[:2] != ["apis", "apps.kruise.io"]:
            return 404, {"message": "not found"}
        inside = parts[5:] if parts[3] == "namespaces" else parts[3:]
        return self._object(method, parts[2], inside, query, body)

    def _crd(self, method: str, name: str, body: Any) -> Answer:
        crd = self.crds[name]
        if method == "GET":
            return 200, crd
        if isinstance(body, list):
            if body[0]["value"] != crd["metadata"]["resourceVersion"]:
                return 409, {"message": "the object has been modified"}
            for version, change in zip(crd["spec"]["versions"], body[1:], strict=True):
                version["storage"] = change["value"]
            crd["metadata"]["generation"] += 1
        else:
            if body["metadata"]["resourceVersion"] != crd["metadata"]["resourceVersion"]:
                return 409, {"message": "the object has been modified"}
            crd["status"] = body["status"]
        crd["metadata"]["resourceVersion"] = self._next()
        return 200, crd

    def _object(
        self, method: str, version: str, parts: list[str], query: dict[str, str], body: Any
    ) -> Answer:
        crd = f"{parts[0]}.apps.kruise.io"
        objects = self.objects[crd]
        if len(parts) == 1:
            # In the order of their keys in etcd.
            items = [_as_version(objects[name], version) for name in sorted(objects)]
            begin = int(query.get("continue", 0))
            end = begin + int(query.get("limit", len(items) or 1))
            metadata: dict[str, Any] = {}
            if end < len(items):
                metadata = {"continue": str(end), "remainingItemCount": len(items) - end}
            return 200, {"metadata": metadata, "items": items[begin:end]}
        one = objects.get(parts[1])
        if one is None:
            return 404, {"message": "not found"}
        if method == "PATCH":
            if body["metadata"]["resourceVersion"] != one["metadata"]["resourceVersion"]:
                return 409, {"message": "the object has been modified"}
            versions = self.crds[crd]["spec"]["versions"]
            written = next(each["name"] for each in versions if each["storage"])
            if one["apiVersion"] != f"apps.kruise.io/{written}":
                # What would be stored as it is already is not written.
                self._store(crd, one)
        return 200, _as_version(one, version)


def _as_version(one: dict[str, Any], version: str) -> dict[str, Any]:
    """Show an object in a version; v1alpha1 lacks the field ``new``."""
    shown: dict[str, Any] = json.loads(json.dumps(one))
    shown["apiVersion"] = f"apps.kruise.io/{version}"
    if version == "v1alpha1":
        shown["spec"].pop("new", None)
    return shown

"""Requests to one API server: objects and lists as plain JSON, in pages, with time-outs of seconds."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from .errors import ClusterUnreachableError, RefusedError, refused

PAGE = 500
"""Objects a page, as kubectl asks for them."""

_JSON = "application/json"
_METADATA = f"{_JSON};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,{_JSON}"
_GONE, _PATIENCE = 410, 5

Progress = Callable[[int, int], None]
"""Called after each page with how many objects have come and how many there will be, as far as is known."""


class Cluster:
    """One API server, asked with the credentials of one context. Made by ``connect``."""

    def __init__(
        self, configuration: Any, *, context: str, connect_seconds: float, read_seconds: float
    ) -> None:
        """Take a ``kubernetes.client.Configuration``; its REST client only makes the pool of connections."""
        from kubernetes.client.rest import RESTClientObject
        from urllib3 import Retry, Timeout

        self.address: str = configuration.host
        self.context = context
        self._configuration = configuration
        self._pool = RESTClientObject(configuration).pool_manager
        self._timeout = Timeout(connect=connect_seconds, read=read_seconds)
        # A busy server says when to come again; one that cannot be reached is not waited for.
        self._retries = Retry(
            total=3,
            connect=0,
            read=0,
            redirect=0,
            status=3,
            status_forcelist=(429,),
            respect_retry_after_header=True,
            raise_on_status=False,
        )

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """Return the object or list at ``path``, for example ``/api/v1/nodes/worker-1``.

        Raises ClusterUnreachableError, or a RefusedError: ForbiddenError, NotFoundError, ...
        """
        return self.request("GET", path, query=query)

    def list(
        self,
        path: str,
        *,
        metadata_only: bool = False,
        page: int = PAGE,
        progress: Progress | None = None,
        **query: str,
    ) -> Iterator[dict[str, Any]]:
        """Yield the objects of a list page by page; ``query`` may hold labelSelector and fieldSelector.

        With ``metadata_only`` the server sends of each object only what it says about itself. A list that
        takes so long that the server forgets its snapshot is finished with what is there now, and no object
        comes twice. Raises as ``get``, also between two objects.
        """
        accept = _METADATA if metadata_only else _JSON
        token, seen, count, expired = "", set[str](), 0, 0
        while True:
            asked = {**query, "limit": str(page), **({"continue": token} if token else {})}
            try:
                answer = self.request("GET", path, query=asked, accept=accept)
            except RefusedError as error:
                if error.status != _GONE or not token or expired == _PATIENCE:
                    raise
                # The server's answer may hold a token to go on with; without one the list begins again.
                token, expired = error.continue_token, expired + 1
                continue
            metadata = _mapping(answer.get("metadata"))
            items = [item for item in _list(answer.get("items")) if isinstance(item, dict)]
            count += len(items)
            if progress is not None:
                remaining = metadata.get("remainingItemCount")
                progress(count, count + (remaining if isinstance(remaining, int) else 0))
            for item in items:
                uid = str(_mapping(item.get("metadata")).get("uid"))
                if not expired or uid not in seen:
                    yield item
                seen.add(uid)
            token = str(metadata.get("continue") or "")
            if not token:
                return

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, str] | None = None,
        accept: str = _JSON,
        content_type: str = _JSON,
    ) -> dict[str, Any]:
        """Send one request, JSON in and out; raises as ``get``."""
        answer = self._send(method, path, body, query, accept, content_type)
        data = _read(answer.data)
        if data is None:
            cause = "what answers there speaks no JSON: is it an API server?"
            raise ClusterUnreachableError(self.address, cause, self._ways_out())
        return data

    def text(self, path: str, **query: str) -> str:
        """Return what stands at ``path`` as text, for example a pod's log; raises as ``get``."""
        answer = self._send("GET", path, None, query, "*/*", _JSON)
        return str(answer.data.decode(errors="replace"))

    def _send(
        self,
        method: str,
        path: str,
        body: Any,
        query: Mapping[str, str] | None,
        accept: str,
        content_type: str,
    ) -> Any:
        """Return the answer to a request that succeeded."""
        import urllib3.exceptions as failures

        headers = {"Accept": accept, "User-Agent": "pulumi-openkruise", **self._authorization()}
        content = None
        if body is not None:
            content, headers["Content-Type"] = json.dumps(body).encode(), content_type
        address = f"{self.address}{path}{_query(query)}"
        try:
            answer = self._pool.request(
                method,
                address,
                body=content,
                headers=headers,
                timeout=self._timeout,
                retries=self._retries,
            )
        except failures.HTTPError as error:
            raise ClusterUnreachableError(self.address, _cause(error), self._ways_out()) from None
        except OSError as error:  # a certificate file that is not what it should be
            raise ClusterUnreachableError(self.address, str(error), self._ways_out()) from None
        if not 200 <= answer.status < 300:
            data = _read(answer.data)
            failure = refused(method, path, answer.status, _reason(data, answer))
            metadata = _mapping((data or {}).get("metadata"))
            failure.continue_token = str(metadata.get("continue") or "")
            raise failure
        return answer

    def _authorization(self) -> dict[str, str]:
        token = self._configuration.auth_settings().get("BearerToken", {}).get("value")
        return {"Authorization": token} if token else {}

    def _ways_out(self) -> tuple[str, ...]:
        return (
            f"context {self.context} was used: choose another with --context, another file with --kubeconfig",
            f"`kubectl --context {self.context} get --raw /readyz` asks the same server",
        )


def _query(query: Mapping[str, str] | None) -> str:
    from urllib.parse import urlencode

    return f"?{urlencode(query)}" if query else ""


def _read(content: bytes) -> dict[str, Any] | None:
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return cast(dict[str, Any], data) if isinstance(data, dict) else None


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _reason(data: Mapping[str, Any] | None, answer: Any) -> str:
    message = (data or {}).get("message")
    if not isinstance(message, str) or not message:
        message = answer.data[:200].decode(errors="replace").strip() or answer.reason or "no reason given"
    return " ".join(message.split())[:500]


def _cause(error: Any) -> str:
    """Say in a few words why there is no answer."""
    import urllib3.exceptions as failures

    reason = getattr(error, "reason", None) or error
    text = str(reason)
    if "Connection refused" in text:
        return "connection refused"
    if isinstance(reason, failures.NameResolutionError):
        return "its name cannot be resolved"
    told = {
        failures.ConnectTimeoutError: "no connection within the time allowed",
        failures.ReadTimeoutError: "connected, but no answer within the time allowed",
        failures.ProxyError: f"the proxy fails: {getattr(reason, 'original_error', reason)}",
    }
    for kind, words in told.items():
        if isinstance(reason, kind) and not isinstance(reason, failures.NewConnectionError):
            return words
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return f"its certificate is not to be trusted ({text.rpartition('certificate verify failed: ')[2]})"
    return " ".join(text.rpartition("object at 0x")[2].partition(">: ")[2].split()) or " ".join(text.split())

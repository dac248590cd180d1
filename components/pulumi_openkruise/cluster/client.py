"""Requests to one API server: objects and lists as plain JSON, in pages, within limits for all together."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast
from urllib.parse import urlencode

from ..foreign.error_text import write_on_one_line
from ..foreign.json_input import TooManyValuesError, load_json
from .credentials import Headers
from .errors import RefusedError, make_refused_error
from .transport import Answer, Transport, asks_to_wait

PAGE = 500
"""Objects a page, as kubectl asks for them."""

_JSON = "application/json"
_METADATA = f"{_JSON};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,{_JSON}"
_GONE, _PATIENCE = 410, 5


Progress = Callable[[int, int], None]
"""Called after each page with how many objects have come and how many there will be, if that is known."""


class Cluster:
    """One API server, asked with the credentials of one context. Made by ``connect``."""

    def __init__(self, transport: Transport) -> None:
        """Take what sends the requests."""
        self.address = transport.address
        self.context = transport.context
        self._transport = transport

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """Return the object or list at ``path``, for example ``/api/v1/nodes/worker-1``.

        Raises ClusterUnreachableError, a RefusedError (ForbiddenError, NotFoundError, ...), or
        KubeconfigError where the credentials cannot be had.
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
        tokens: set[str] = set()
        while True:
            asked = {**query, "limit": str(page), **({"continue": token} if token else {})}
            try:
                answer = self.request("GET", path, query=asked, accept=accept)
            except RefusedError as error:
                if error.status != _GONE or not token or expired == _PATIENCE:
                    raise
                # The server's answer may hold a token to go on with; without one the list begins again.
                token, expired = error.continue_token, expired + 1
                tokens.clear()
                continue
            metadata = _as_mapping(answer.get("metadata"))
            items = [item for item in _list(answer.get("items")) if isinstance(item, dict)]
            count += len(items)
            if progress is not None:
                remaining = metadata.get("remainingItemCount")
                progress(count, count + (remaining if isinstance(remaining, int) else 0))
            for item in items:
                uid = str(_as_mapping(item.get("metadata")).get("uid"))
                if not expired or uid not in seen:
                    yield item
                seen.add(uid)
            token = str(metadata.get("continue") or "")
            if not token:
                return
            if token in tokens:
                raise self._transport.make_unreachable_error(
                    "it sends the same part of a list again and again", keeps_waiting=True
                )
            tokens.add(token)

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
        try:
            data = _read(answer.content)
        except TooManyValuesError as error:
            raise self._transport.make_unreachable_error(f"it answers with {error}") from None
        if data is None:
            raise self._transport.make_unreachable_error(
                "what answers there speaks no JSON: is it an API server?"
            )
        return data

    def get_text(self, path: str, **query: str) -> str:
        """Return what stands at ``path`` as a string, for example a pod's log; raises as ``get``."""
        return self._send("GET", path, None, query, "*/*", _JSON).content.decode(errors="replace")

    def _send(
        self,
        method: str,
        path: str,
        body: Any,
        query: Mapping[str, str] | None,
        accept: str,
        content_type: str,
    ) -> Answer:
        """Return the answer to a request that succeeded."""
        headers: Headers = (("Accept", accept), ("User-Agent", "pulumi-openkruise"))
        content = None
        if body is not None:
            content = json.dumps(body).encode()
            headers += (("Content-Type", content_type),)
        answer = self._transport.send(
            method, f"{path}{f'?{urlencode(query)}' if query else ''}", content, headers
        )
        if not 200 <= answer.status < 300:
            data = self._read_refusal(answer)
            failure = make_refused_error(method, path, answer.status, self._find_reason(data, answer))
            metadata = _as_mapping((data or {}).get("metadata"))
            failure.continue_token = str(metadata.get("continue") or "")
            failure.keeps_waiting = asks_to_wait(answer)
            raise failure
        return answer

    def _read_refusal(self, answer: Answer) -> dict[str, Any] | None:
        try:
            return _read(answer.content)
        except TooManyValuesError:
            return None

    def _find_reason(self, data: Mapping[str, Any] | None, answer: Answer) -> str:
        message = (data or {}).get("message")
        if not isinstance(message, str) or not message:
            message = answer.content.decode(errors="replace").strip() or answer.reason or "no reason given"
        # A server may repeat what it was sent.
        return write_on_one_line(message, 500, self._transport.list_secrets())


def _read(content: bytes) -> dict[str, Any] | None:
    """Return the object that JSON stands for, None for anything else; raises TooManyValuesError."""
    try:
        data = load_json(content)
    except TooManyValuesError:
        raise
    except (ValueError, RecursionError):
        return None
    return cast(dict[str, Any], data) if isinstance(data, dict) else None


def _as_mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []

"""What a kubeconfig's user is let in with, by client-go's rules (``client_config.go``, ``validation.go``).

Nothing of it goes over plain HTTP: client-go reads a user's fields for HTTPS only. Stricter than kubectl: a
token of the auth provider ``oidc`` that has expired is not refreshed, since that sends the client's secret
to an address and rewrites the kubeconfig; any command of kubectl does it.
"""

import base64
import errno
import json
import re
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote

from ..foreign.error_text import describe_error, write_on_one_line
from .errors import KubeconfigError
from .exec_plugin import PluginAnswer, run_plugin

_TOKEN_FILE_SECONDS = 60.0
"""How long a token from a file counts before the file is read again (client-go's CachedFileTokenSource)."""
_HEADER = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_LARGEST = 1 << 20
_TOKENS = 16
"""Tokens that are remembered to be hidden; of those that count for an hour, the ones of a day's work."""

Headers = tuple[tuple[str, str], ...]
"""Names and values; of ``Impersonate-Group`` there may be several."""


@dataclass
class Credentials:
    """One user's way in; no part of it is in its ``repr``."""

    source: str
    headers: Headers = field(default=(), repr=False)
    """Of each request: basic authentication, impersonation."""
    certificate: str = field(default="", repr=False)
    """The client's certificate and those above it, as PEM."""
    key: str = field(default="", repr=False)
    _token: str = field(default="", repr=False)
    _token_file: str = ""
    _plugin: Mapping[str, Any] | None = field(default=None, repr=False)
    _cluster: Mapping[str, Any] = field(default_factory=dict, repr=False)
    _answer: PluginAnswer | None = field(default=None, repr=False)
    _read: float = field(default=float("-inf"), repr=False)
    _login: tuple[str, ...] = field(default=(), repr=False)
    """Name with password, and the password: a server decodes the header of basic authentication."""
    _sent: deque[str] = field(default_factory=lambda: deque(maxlen=_TOKENS), repr=False)

    def authorize(self, *, renew: bool = False) -> Headers:
        """Return the headers that authorize one request; ``renew``: the server rejected those before.

        Raises KubeconfigError where a plugin or a token's file gives none.
        """
        token = self._get_token(renew)
        if token:
            if token not in self._sent:
                self._sent.append(token)
            return (*self.headers, ("Authorization", f"Bearer {_check_header(token, self.source, 'token')}"))
        return self.headers

    def load_certificate(self) -> None:
        """Ask the plugin, if there is one, for the certificate that a connection needs before any request."""
        if self._plugin is not None and self._answer is None:
            self._ask_plugin(self._plugin)

    def list_secrets(self) -> list[str]:
        """Return what is sent and secret, to hide in messages; some may be empty.

        Tokens that were replaced are in it. A certificate's key is not: a server never gets it.
        """
        answer = self._answer.token if self._answer is not None else ""
        return [
            self._token,
            answer,
            *self._sent,
            *self._login,
            *(value.rpartition(" ")[2] for name, value in self.headers if name == "Authorization"),
        ]

    @property
    def can_renew(self) -> bool:
        """Whether asking again may give other credentials."""
        return self._plugin is not None or bool(self._token_file)

    def _get_token(self, renew: bool) -> str:
        if self._plugin is not None:
            answer = self._answer
            if renew or answer is None or _is_over(answer):
                answer = self._ask_plugin(self._plugin)
            return answer.token
        if self._token_file and (renew or time.monotonic() - self._read >= _TOKEN_FILE_SECONDS):
            try:
                self._token = read_small(self._token_file).decode().strip()
            except (OSError, ValueError) as error:
                if self._read == float("-inf") and not self._token:
                    reason = f"{self.source}: token file: {describe_error(error, secret=True)}"
                    raise KubeconfigError(reason, cause=reason) from None
            self._read = time.monotonic()  # an unreadable file leaves the token before
        return self._token

    def _ask_plugin(self, plugin: Mapping[str, Any]) -> PluginAnswer:
        answer = self._answer = run_plugin(plugin, self._cluster, self.source)
        if answer.certificate:
            self.certificate, self.key = answer.certificate, answer.key
        return answer


def _is_over(answer: PluginAnswer) -> bool:
    return answer.expires is not None and answer.expires <= datetime.now(timezone.utc)


def read_user_credentials(
    user: Mapping[str, Any], cluster: Mapping[str, Any], source: str, name: str
) -> Credentials:
    """Return a user's credentials for a cluster that is asked over HTTPS; raises KubeconfigError."""

    def make_error(reason: str, *ways_out: str) -> KubeconfigError:
        text = f"{source}: user {write_on_one_line(name)}: {reason}"
        return KubeconfigError(text, cause=text, ways_out=ways_out)

    basic = bool(user.get("username") or user.get("password"))
    if user.get("token") and basic:
        raise make_error("more than one of token and username with password; only one is allowed")
    if user.get("exec") and user.get("auth-provider"):
        raise make_error("both exec and auth-provider; only one is allowed")
    for one in ("client-certificate", "client-key"):
        if user.get(one) and user.get(f"{one}-data"):
            raise make_error(f"both {one} and {one}-data; only one is allowed")
    headers = _write_impersonation(user, source, make_error)
    login = f"{user.get('username') or ''}:{user.get('password') or ''}"
    if basic:
        headers += (("Authorization", f"Basic {base64.b64encode(login.encode()).decode()}"),)
    certificate = read_pem(user, "client-certificate", make_error)
    key = read_pem(user, "client-key", make_error)
    if bool(certificate) != bool(key):
        raise make_error("only one of client-certificate and client-key; a certificate needs its key")
    token = _check_header(user.get("token") or "", source, "token")
    provider = user.get("auth-provider")
    if provider:
        token = _find_provider_token(provider, make_error)
    plugin = user.get("exec")
    if plugin and not plugin.get("command"):
        raise make_error("exec: no command")
    # Another way in comes before a plugin (exec.go: HasAuth).
    plugin = None if not plugin or token or user.get("tokenFile") or basic else plugin
    return Credentials(
        source,
        headers,
        certificate,
        key,
        _login=(login, user["password"]) if user.get("password") else (),
        _token=token,
        _token_file=user.get("tokenFile") or "",
        _plugin=plugin,
        _cluster=cluster,
    )


def read_small(path: str) -> bytes:
    """Return a file's bytes; raises OSError, also for more than a key or token can have."""
    with open(path, "rb") as file:
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise OSError(errno.EFBIG, "larger than 1 MiB")  # of a ValueError only the class may be shown
    return content


def read_pem(entry: Mapping[str, Any], name: str, make_error: Any) -> str:
    """Return the PEM of ``name-data`` (base64) or of the file ``name``; empty where neither is given."""
    if entry.get(f"{name}-data"):
        try:
            return base64.b64decode("".join(entry[f"{name}-data"].split()), validate=True).decode("latin-1")
        except ValueError:
            raise make_error(f"{name}-data: not base64") from None
    if not entry.get(name):
        return ""
    try:
        return read_small(entry[name]).decode("latin-1")
    except (OSError, ValueError) as error:
        reason = describe_error(error, secret=True)
        raise make_error(f"{name}: {write_on_one_line(entry[name])}: {reason}") from None


def _write_impersonation(user: Mapping[str, Any], source: str, make_error: Any) -> Headers:
    """Return the headers of a user that acts as another one (``transport/round_trippers.go``)."""
    name, groups, extra = user.get("as"), user.get("as-groups") or (), user.get("as-user-extra") or {}
    if not name:
        if user.get("as-uid") or groups or extra:
            raise make_error("as-uid, as-groups or as-user-extra without as")
        return ()
    pairs = [("Impersonate-User", name), ("Impersonate-Uid", user.get("as-uid"))]
    pairs += [("Impersonate-Group", group) for group in groups]
    for key, values in extra.items():
        if not isinstance(key, str) or not isinstance(values, list):
            raise make_error("as-user-extra: expected a mapping of strings to lists of strings")
        pairs += [(f"Impersonate-Extra-{quote(key, safe='')}", str(value)) for value in values]
    return tuple((key, _check_header(value, source, "user to act as")) for key, value in pairs if value)


def _find_provider_token(provider: Mapping[str, Any], make_error: Any) -> str:
    name = provider.get("name") or ""
    if name != "oidc":
        raise make_error(
            f"auth-provider {write_on_one_line(name)}: no such provider; kubectl has none either since 1.26"
        )
    token = (provider.get("config") or {}).get("id-token")
    if not isinstance(token, str) or not token:
        raise make_error("auth-provider oidc: no id-token", "log in again, for example with an exec plugin")
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        expires = float(claims["exp"])
    except Exception:  # whatever is wrong with it, none of it may be said
        raise make_error("auth-provider oidc: its id-token is not a token of OpenID Connect") from None
    if expires <= time.time() + 10:
        raise make_error(
            "auth-provider oidc: its id-token has expired",
            "any command of kubectl refreshes it; this program sends no refresh token anywhere",
        )
    return token


def _check_header(value: str, source: str, what: str) -> str:
    """Return a value that a header may carry; raises KubeconfigError without the value."""
    if not _HEADER.fullmatch(value):
        reason = f"{source}: the {what} holds a line break or another character that no HTTP header may hold"
        raise KubeconfigError(reason, cause=reason)
    return value

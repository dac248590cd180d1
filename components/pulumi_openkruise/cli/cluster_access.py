"""The options, named as kubectl's, that choose the cluster, the user, and the time-out of a request."""

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ..cluster import Cluster

_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?")
_ENDLESS = 7 * 24 * 3600.0
"""Seconds that stand for no time-out, because the client needs a number."""


@dataclass(frozen=True)
class ClusterAccess:
    """The values of these options."""

    kubeconfig: str | None = None
    """Path; None means the one that kubectl uses."""
    context: str | None = None
    """None means the kubeconfig's current context."""
    request_seconds: float | None = None
    """Time-out of one request in seconds; None means the client's default."""
    user: str | None = None
    """Name of the user to impersonate; None means no impersonation."""
    groups: tuple[str, ...] = ()
    """Groups to impersonate."""

    @property
    def is_chosen(self) -> bool:
        """Whether any of these options was given."""
        return self != ClusterAccess()

    def connect(self, *, unbounded: bool = False) -> "Cluster":
        """Return a client of the cluster, which has sent no request yet; raises ClusterError.

        ``unbounded`` is for work whose length depends on the number of objects: it may send any number of
        requests and take any time. Each single request still has its time-out.
        """
        # Imported here: the HTTP client takes longer than everything else together.
        from ..cluster import connect
        from ..cluster.kubeconfig import CONNECT_SECONDS, READ_SECONDS, TOTAL_SECONDS

        seconds = self.request_seconds
        return connect(
            self.kubeconfig,
            self.context,
            ambient=True,
            act_as=self._act_as(),
            connect_seconds=CONNECT_SECONDS if seconds is None else seconds,
            read_seconds=READ_SECONDS if seconds is None else seconds,
            # All requests together.
            total_seconds=_ENDLESS if unbounded else max(TOTAL_SECONDS, seconds or 0),
            total_requests=math.inf if unbounded else None,
        )

    def _act_as(self) -> dict[str, Any]:
        user = {"as": self.user} if self.user is not None else {}
        return {**user, **({"as-groups": list(self.groups)} if self.groups else {})}


def parse_duration(_context: click.Context, _option: click.Parameter, value: str | None) -> float | None:
    """Return the seconds of a duration as kubectl takes it; 0 means no time-out.

    ``30s``, ``2m``, ``1m30s``, or a number of seconds. Raises click.BadParameter.
    """
    if value is None:
        return None
    found = _DURATION.fullmatch(value)
    if value.isdecimal():
        seconds = float(value)
    elif value and found:
        hours, minutes, rest = (float(part or 0) for part in found.groups())
        seconds = 3600 * hours + 60 * minutes + rest
    else:
        raise click.BadParameter(f"{value!r}: expected a duration such as 30s, 2m or 1m30s")
    return min(seconds or _ENDLESS, _ENDLESS)

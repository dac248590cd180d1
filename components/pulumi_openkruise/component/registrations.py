"""Registrations of the component's children, which end even if the engine never answers them.

With ``delete_before_replace`` the engine deletes the old resource while the program waits for the
registration of the new one. If a hook refuses that deletion under ``--continue-on-error``, the engine skips
the creation and never answers the registration (github.com/pulumi/pulumi/issues/16373). The program would
wait forever, and the stack would stay locked.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pulumi.runtime import settings

PATIENCE = 5.0
"""Seconds that the engine has to end a registration by itself, as it does without the flag."""


class Registrations:
    """The calls with which the program registers resources; those without an answer can be given up."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._calls: list[Any] = []
        self._error: Exception | None = None

    @contextmanager
    def follow(self) -> Iterator[None]:
        """Context manager: what is registered inside can be given up later."""
        monitor = settings.SETTINGS.monitor
        # Test doubles of the engine answer at once, and make no calls that could be cancelled.
        if not hasattr(getattr(monitor, "RegisterResource", None), "future"):
            yield
            return
        settings.SETTINGS.monitor = _Monitor(monitor, self)
        try:
            yield
        finally:
            settings.SETTINGS.monitor = monitor

    def give_up_later(self, error: Exception) -> None:
        """Make each registration that is then unanswered raise *error*; call it in the program's loop."""
        self._error = self._error or error
        asyncio.get_running_loop().call_later(self._patience, self._give_up)

    def register(self, call: Any) -> Any:
        """Return the answer to a call; raises what the call raises, or what it was given up for."""
        self._calls.append(call)
        try:
            return call.result()
        except Exception:
            if self._error is not None and call.cancelled():
                raise self._error from None
            raise

    def _give_up(self) -> None:
        for call in self._calls:
            call.cancel()  # does nothing to one that is done


class _Monitor:
    """The engine's resource monitor, but for registrations that can be given up."""

    def __init__(self, monitor: Any, registrations: Registrations) -> None:
        self._monitor, self._registrations = monitor, registrations

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        return self._registrations.register(self._monitor.RegisterResource.future(request))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._monitor, name)

"""The rule about virtual nodes: which Node objects it is about, and what it adds to them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ..catalogue.indicators import DECLARED
from ..selectors import Selector
from .expressions import HAS_LABELS, join_any, quote, write_selector
from .signals import write_signals

TYPE_KEY, TYPE_VALUE = "type", "virtual-kubelet"
"""The one label by which OpenKruise's own controllers know a virtual node (kruise pkg/util)."""


@dataclass(frozen=True)
class NodeLabelRule:
    """What is labelled, and how."""

    set_type: bool = True
    """Whether ``type=virtual-kubelet`` is set, too, on nodes without a label ``type``."""
    presets: tuple[str, ...] = ()
    """Kinds that the config names: they count even where they do not by default."""
    selectors: tuple[Selector, ...] = ()
    """Further nodes that are virtual, by labels."""
    excluded: tuple[Selector, ...] = ()
    """What the affinity excludes: a node that one of these matches needs no warning."""

    def looks_virtual(self) -> str:
        """Return the expression for nodes that are virtual, by the catalogue or by a selector."""
        return join_any([*_write_selectors(self.selectors), f"({write_signals(self.presets)})"])

    def is_excluded(self) -> str:
        """Return the expression for nodes that the affinity keeps the daemon off."""
        return join_any(_write_selectors(self.excluded))

    def needs_label(self) -> str:
        """Return the condition on labels: an existing declaration is never changed, whatever it says."""
        undeclared = f"!({_has(DECLARED)})"
        if not self.set_type:
            return undeclared
        untyped = f'({_has(DECLARED)} && {_label(DECLARED)} == "true" && !({_has(TYPE_KEY)}))'
        return f"{undeclared} || {untyped}"

    def is_virtual(self) -> str:
        """Return the condition on everything else: declared to be virtual, or looks like it."""
        if not self.set_type:
            return self.looks_virtual()
        return f'({_has(DECLARED)} && {_label(DECLARED)} == "true") || {self.looks_virtual()}'


def _write_selectors(selectors: Collection[Selector]) -> Sequence[str]:
    return [write_selector(selector) for selector in sorted(selectors, key=str)]


def _has(key: str) -> str:
    return f"{HAS_LABELS} && {quote(key)} in object.metadata.labels"


def _label(key: str) -> str:
    return f"object.metadata.labels[{quote(key)}]"

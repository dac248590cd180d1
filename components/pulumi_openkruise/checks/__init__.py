"""What is wrong in a cluster; pure: a snapshot and what a stack wants in, findings out.

``snapshot`` and ``expected`` say what goes in, ``finding`` what comes out; ``registry`` lists all
checks, and ``report`` runs them.
"""

from ..diagnostics.unavailable import Unavailable
from ..inventory.snapshot import NOT_ASKED, NodeFacts, Snapshot, make_node_facts
from .expected import Expected, expect_daemon_set, expect_selectors, expect_settings
from .finding import Code, Finding, NotChecked, ObjectReference
from .registry import GROUPS
from .report import Report, check

__all__ = [
    "GROUPS",
    "NOT_ASKED",
    "Code",
    "Expected",
    "Finding",
    "NodeFacts",
    "NotChecked",
    "ObjectReference",
    "Report",
    "Snapshot",
    "Unavailable",
    "check",
    "expect_daemon_set",
    "expect_selectors",
    "expect_settings",
    "make_node_facts",
]

"""What a cluster's nodes are, and the smallest config that keeps the daemon where it belongs. Pure."""

from .nodes import Group, JudgedNode, grouped, judged
from .proposal import Proposal, propose

__all__ = ["Group", "JudgedNode", "Proposal", "grouped", "judged", "propose"]

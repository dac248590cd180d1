"""What a cluster's nodes are, and the smallest config that keeps the daemon where it belongs. Pure."""

from .nodes import Group, JudgedNode, excluded, grouped, judged
from .proposal import Proposal, propose

__all__ = ["Group", "JudgedNode", "Proposal", "excluded", "grouped", "judged", "propose"]

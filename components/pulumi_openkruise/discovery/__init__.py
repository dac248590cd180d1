"""What a cluster's nodes are, and the smallest config that keeps the daemon where it belongs. Pure."""

from .nodes import ClassifiedNode, Group, excluded, grouped, judged
from .proposal import Proposal, propose

__all__ = ["ClassifiedNode", "Group", "Proposal", "excluded", "grouped", "judged", "propose"]

"""Which config would exclude the virtual nodes of a cluster; pure: classified nodes in, a proposal out."""

from .nodes import ClassifiedNode, Group, excluded, grouped, judged
from .proposal import Proposal, propose

__all__ = ["ClassifiedNode", "Group", "Proposal", "excluded", "grouped", "judged", "propose"]

"""What Helm says of a revision, apart from how its record is read: every update asks that."""

UNFINISHED = ("pending-install", "pending-upgrade", "pending-rollback", "uninstalling")
"""Statuses of an operation that was begun and not ended; Helm refuses the next one, or pretends success."""

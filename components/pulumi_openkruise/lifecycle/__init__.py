"""Decides what must not happen to an installation, what was interrupted, and how it is repaired; pure."""

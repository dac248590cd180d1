"""The distribution: built, checked, and installed into an empty environment; may run pip."""

"""What happens to an installation over the years: what must not, what was interrupted, how it is repaired.

Pure, but for ``look.py``, which asks a cluster. Imports no Pulumi.
"""

"""Installations from first to last, on a cluster and a Pulumi of real parts; may start and stop sandboxes."""

"""Reads CRDs, custom resources, Helm's records and owners; may ask the cluster, through `cluster` alone."""

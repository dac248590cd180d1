"""The only reader of a cluster's objects; it may ask the cluster, through `cluster`, and decides nothing."""

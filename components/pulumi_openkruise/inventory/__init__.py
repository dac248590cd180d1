"""The only reader of a cluster's objects; asks through `cluster`, decides nothing."""

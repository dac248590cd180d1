"""The roles in deploy/: enough for everything, and each verb needed; may start and stop sandboxes."""

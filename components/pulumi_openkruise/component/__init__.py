"""The component resource and its hooks; like fleet/, it may import pulumi; it may ask the cluster."""

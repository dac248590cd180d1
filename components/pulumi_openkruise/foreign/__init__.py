"""What others wrote, made safe to use: YAML within bounds, exceptions without secrets, certificates; pure."""

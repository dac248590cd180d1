"""The component resource and its hooks; the only folder that may import pulumi or pulumi_kubernetes."""

"""The component resource and its hooks; the only folder that imports pulumi or pulumi_kubernetes."""

"""The stand-in chart, and what is known of the published one, rendered by Helm; may build and run Helm."""

"""What the commands write: terminal, tables, HTML."""

"""What commands write: terminal, tables and the HTML page; it may write to the terminal and to files."""

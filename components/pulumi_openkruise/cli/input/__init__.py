"""What commands read: stack files, node files and standard input; it may read files."""

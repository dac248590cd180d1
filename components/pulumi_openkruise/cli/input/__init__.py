"""What the commands read: stack files, node files, standard input."""

"""``python -m pulumi_openkruise``: the command line where no script is on the path."""

from .cli import main

if __name__ == "__main__":
    main()

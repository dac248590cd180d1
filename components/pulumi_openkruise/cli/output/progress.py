"""A progress bar on standard error, where that is a terminal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .streams import escape

Progress = Callable[[str, int, int], None]
"""Called with the name of what is being read, the number read so far, and the total (0: unknown)."""


@contextmanager
def progress(verb: str = "Reading") -> Iterator[Progress]:
    """Show a bar for as long as the context lasts; yield the function that moves it.

    ``verb`` is what is done, before the name of what it is done to.
    """
    if not sys.stderr.isatty():
        yield lambda _what, _count, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn(f"{verb} {{task.description}}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[so_far]}"),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, so_far="")

        def show(what: str, count: int, total: int) -> None:
            so_far = f"{count:,} of {total:,}" if total else f"{count:,}" if count else ""
            bar.update(task, description=escape(what), completed=count, total=total or None, so_far=so_far)

        yield show

"""Change one thing at a time in a module, and print the changes that no unit test notices: ``make mutants``.

For use at the desk, not in CI: a survivor may be equivalent to the original, which only a reader can tell.
"""

"""A structure-aware fuzzer of everything that others write and this program reads."""

"""Admission policies that label virtual nodes when they register, as plain data; pure."""

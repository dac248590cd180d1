"""Selectors, affinities and their differences, explained for people; pure."""

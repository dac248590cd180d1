"""Affinities and their differences, in words for people; pure."""

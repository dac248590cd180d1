"""The one type of problem, and the names of fields in messages; pure."""

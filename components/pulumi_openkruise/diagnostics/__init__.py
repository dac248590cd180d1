"""One type of problem, one of what could not be known, and the names of fields in messages; pure."""

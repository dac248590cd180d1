"""All suites: unit, oracle, chart, privileges, e2e; what they share is in support/."""

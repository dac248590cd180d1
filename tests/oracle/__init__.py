"""The selectors against upstream's own Go packages; may build and run the oracle."""

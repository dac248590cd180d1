"""The search for prime implicants and a minimum cover; pure."""

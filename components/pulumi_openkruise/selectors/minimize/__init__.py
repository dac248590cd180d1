"""The search for prime implicants and a minimum cover; pure, and imports only the grammar of selectors."""

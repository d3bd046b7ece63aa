"""Room: fixer."""

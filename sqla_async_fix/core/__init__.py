"""Nouns that every room shares: spans, edits, steps, violations, source files. No knowledge of SQLAlchemy."""

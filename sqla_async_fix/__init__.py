"""A linter and auto-fixer that takes legacy synchronous SQLAlchemy code to async SQLAlchemy 2.0."""

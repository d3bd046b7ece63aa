"""Migrations of real code bases, measured against what people wrote."""

"""Family 7: tests."""

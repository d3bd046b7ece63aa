"""Family 6: annotations."""

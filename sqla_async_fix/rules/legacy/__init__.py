"""Family 1: the legacy API."""

"""Family 3: what has to be awaited."""

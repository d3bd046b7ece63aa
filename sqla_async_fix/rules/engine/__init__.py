"""Family 2: engines, sessions and factories."""

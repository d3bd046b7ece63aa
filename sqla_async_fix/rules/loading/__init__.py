"""Family 5: what would be loaded lazily."""

"""Room: reporters."""

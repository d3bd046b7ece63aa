"""Room: model/knowledge."""

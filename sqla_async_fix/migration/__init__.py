"""What a migration would do or did, what it needs, what it must not overwrite. Fixing and writing are elsewhere."""

"""LibCST codemods: steps on one file in, edits out. They never decide whether, print or read the disk."""

"""The oracle: legacy programs and what the tool makes of them must do the same."""

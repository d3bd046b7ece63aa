"""Settings: from defaults, TOML files and the command line to frozen dataclasses. Nothing here reads Python code."""

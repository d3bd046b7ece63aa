"""Random legacy applications of several files, run before and after the tool's unsafe fixes."""

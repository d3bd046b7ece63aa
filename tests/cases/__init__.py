"""Every rule's cases, one Markdown file a rule. How they are run is in `tests/test_cases.py`."""

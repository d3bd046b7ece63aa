"""Fixing: rewrites applied in groups, checked, shown as a diff, written. How code is rewritten is in the codemods."""

from sqla_async_fix.fixer.apply import Applied, apply
from sqla_async_fix.fixer.diff import unified_diff
from sqla_async_fix.fixer.journal import JOURNAL, WriteError
from sqla_async_fix.fixer.rewriting import Rewriting
from sqla_async_fix.fixer.write import Change, restore, write_together

__all__ = [
    "JOURNAL",
    "Applied",
    "Change",
    "Rewriting",
    "WriteError",
    "apply",
    "restore",
    "unified_diff",
    "write_together",
]

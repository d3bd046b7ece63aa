"""Fixing: rewrites applied in groups, checked, shown as a diff, written. How code is rewritten is in the codemods."""

from sqla_async_fix.fixer.apply import Applied, apply
from sqla_async_fix.fixer.diff import unified_diff
from sqla_async_fix.fixer.rewriting import Rewriting
from sqla_async_fix.fixer.write import write_atomically

__all__ = ["Applied", "Rewriting", "apply", "unified_diff", "write_atomically"]

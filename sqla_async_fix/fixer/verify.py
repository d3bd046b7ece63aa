"""What a rewritten file must hold before it may be written. How it came to be is elsewhere."""

from __future__ import annotations

import ast
import builtins
import io
import symtable
import tokenize
from collections import Counter
from collections.abc import Iterator

_BUILTINS = frozenset(dir(builtins)) | {"__file__", "__path__", "__builtins__", "__annotations__", "__class__"}


def defect(old: str, new: str, path: str) -> str | None:
    """Why `new` must not take the place of `old`, in one line; None where it may."""
    if old == new:
        return "The rewrite changes nothing"
    try:
        # without our own `from __future__`; `compile` finds an `await` outside of an async function as well
        compile(new, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError) as error:
        return f"The rewritten file would not compile: {error}"
    if (lost := _lost_comment(old, new)) is not None:
        return f"The rewrite would lose the comment `{lost}`"
    if (unbound := sorted(unbound_names(new) - unbound_names(old))) and not _has_star_import(new):
        return f"The rewrite would use `{unbound[0]}`, which nothing binds"
    return None


def _lost_comment(old: str, new: str) -> str | None:
    lost = Counter(_comments(old)) - Counter(_comments(new))
    return next(iter(lost), None)


def _comments(text: str) -> Iterator[str]:
    for token in tokenize.generate_tokens(io.StringIO(text, newline="").readline):
        if token.type == tokenize.COMMENT:
            yield token.string.rstrip()


def unbound_names(text: str) -> frozenset[str]:
    """Names that some scope reads as globals and that neither the module nor the built-ins bind."""
    module = symtable.symtable(text, "<module>", "exec")
    bound = {symbol.get_name() for symbol in module.get_symbols() if _bound(symbol)}
    read: set[str] = set()
    pending = [module]
    while pending:
        table = pending.pop()
        pending.extend(table.get_children())
        for symbol in table.get_symbols():
            if symbol.is_declared_global() and symbol.is_assigned():
                bound.add(symbol.get_name())
            if symbol.is_referenced() and (symbol.is_global() or table is module):
                read.add(symbol.get_name())
    return frozenset(read - bound - _BUILTINS)


def _bound(symbol: symtable.Symbol) -> bool:
    return symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()


def _has_star_import(text: str) -> bool:
    return any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in ast.walk(ast.parse(text)))

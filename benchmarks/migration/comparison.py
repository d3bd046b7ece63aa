"""The functions of two versions of a file, side by side. Who wrote them is not known here."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from benchmarks.migration.colourless import drained

Definition = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(slots=True)
class Tally:
    """Functions that came out as their authors wrote them, and those that did not, by name."""

    equal: list[str] = field(default_factory=list)
    different: list[str] = field(default_factory=list)
    coloured: int = 0

    @property
    def share(self) -> float:
        """The part that is equal, of one."""
        return len(self.equal) / max(len(self.equal) + len(self.different), 1)

    def __str__(self) -> str:
        total = len(self.equal) + len(self.different)
        return f"{len(self.equal)} of {total} functions ({self.share:.1%}), {self.coloured} of them asynchronous"


def functions(text: str, rename: Callable[[str], str] = str) -> dict[str, Definition]:
    """All functions of a file by qualified name, with every name in it renamed."""
    return dict(_functions(ast.parse(rename(text)).body, ""))


def _functions(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, Definition]]:
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield f"{prefix}{node.name}", node
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node.body, f"{prefix}{node.name}.")
        else:
            for block in ("body", "orelse", "finalbody"):
                yield from _functions(getattr(node, block, []), prefix)


def compare(ours: Mapping[str, Definition], theirs: Mapping[str, Definition], prefix: str = "") -> Tally:
    """Compare the functions that both have, apart from docstrings."""
    tally = Tally()
    for name in ours.keys() & theirs.keys():
        same = _dump(ours[name]) == _dump(theirs[name])
        (tally.equal if same else tally.different).append(f"{prefix}{name}")
        tally.coloured += is_coloured(theirs[name])
    tally.equal.sort()
    tally.different.sort()
    return tally


def alike_but_for_colour(one: Definition, other: Definition) -> bool:
    """Whether two functions are one without their colour."""
    first, second = (drained(ast.parse(ast.unparse(node))) for node in (one, other))
    return _dump(first) == _dump(second)


def is_coloured(node: ast.AST) -> bool:
    """Whether anything in a function is asynchronous."""
    asynchronous = (ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith)
    return any(isinstance(child, asynchronous) for child in ast.walk(node))


def _dump(node: ast.AST) -> str:
    """A function as text, without docstrings; an awaited result that has a name for one use is where it is used."""
    copied = ast.parse(ast.unparse(node))
    for child in ast.walk(copied):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)) and ast.get_docstring(child) is not None:
            child.body = child.body[1:] or [ast.Pass()]
    for child in list(ast.walk(copied)):
        for block in ("body", "orelse", "finalbody"):
            if isinstance(statements := getattr(child, block, None), list):
                setattr(child, block, _inlined(statements))
    return ast.dump(copied)


def _inlined(body: list[ast.stmt]) -> list[ast.stmt]:
    found: list[ast.stmt] = []
    for statement in body:
        before = found[-1] if found else None
        if isinstance(before, ast.Assign) and isinstance(before.value, ast.Await):
            target = before.targets[0]
            name = target.id if isinstance(target, ast.Name) else ""
            uses = [node for node in ast.walk(statement) if isinstance(node, ast.Name) and node.id == name]
            later = [node for each in body[body.index(statement) + 1 :] for node in ast.walk(each)]
            again = any(isinstance(node, ast.Name) and node.id == name for node in later)
            if len(uses) == 1 and isinstance(uses[0].ctx, ast.Load) and not again:
                found[-1] = _Inline(uses[0], before.value).visit(statement)
                continue
        found.append(statement)
    return found


class _Inline(ast.NodeTransformer):
    def __init__(self, use: ast.Name, value: ast.expr) -> None:
        self._use, self._value = use, value

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._value if node is self._use else node


def words(pattern: str, replacement: str) -> Callable[[str], str]:
    """A function that replaces what matches `pattern` within the words of a text."""
    compiled = re.compile(pattern)
    return lambda text: compiled.sub(replacement, text)

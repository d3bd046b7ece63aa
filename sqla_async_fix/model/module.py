"""One file of the project: its text, its syntax tree and where each node stands. No meaning here."""

from __future__ import annotations

import ast
import re
import symtable
import sys
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from sqla_async_fix.core.source import SourceFile, line_starts
from sqla_async_fix.core.span import Span
from sqla_async_fix.model.syntax import Nodes, Parents

_WORDS = re.compile(r"\.?[^\W\d]\w*")
_SPACED = str.maketrans({code: " " for code in range(128) if not (chr(code).isalnum() or chr(code) in "._")})
"""Makes the words of a text, with their dots, what stands between spaces."""

_ALIAS = re.compile(r"[ \t]as[ \t]+(\w+)")
_ALIASED = re.compile(r"(?:\bimport|,|\()\s*([^\W\d]\w*)[ \t]*$")
_LONGEST_ALIASED = 200
"""How many code points before an `as` are looked at for what it is that gets another name."""


@dataclass(frozen=True, slots=True)
class SyntaxErrorFact:
    """Why a file does not parse, and where."""

    message: str
    span: Span


class Module:
    """A Python file, parsed on first use. `name` is the dotted name that the project's imports know it by."""

    def __init__(self, source: SourceFile, name: str) -> None:
        self.path = source.path
        self.text = source.text
        self.name = name
        self.is_package = source.path.rsplit("/", 1)[-1].startswith("__init__.")
        self.error: SyntaxErrorFact | None = None
        self._tree: ast.Module | None = None
        self._ascii = source.text.isascii()
        self._starts: list[int] | None = None

    @property
    def tree(self) -> ast.Module:
        """The syntax tree; an empty module, with `error` set, where the file does not parse."""
        if self._tree is None:
            self._tree = self._parse()
        return self._tree

    @property
    def newline(self) -> str:
        """The line ending of the file."""
        return "\r\n" if "\r\n" in self.text else "\n"

    def check_syntax(self) -> SyntaxErrorFact | None:
        """Why the file does not parse; a tree that nobody asked for is not made or kept."""
        if self._tree is None:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    symtable.symtable(self.text, self.path, "exec")
                return None
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                _ = self.tree
        return self.error

    def _parse(self) -> ast.Module:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(self.text, type_comments=False)
        except SyntaxError as error:
            start = self._offset(max(error.lineno or 1, 1), 0) + max((error.offset or 1) - 1, 0)
            start = min(start, len(self.text))
            self.error = SyntaxErrorFact(error.msg, Span(start, min(start + 1, len(self.text))))
        except (ValueError, RecursionError, MemoryError) as error:
            self.error = SyntaxErrorFact(str(error) or "the file is nested too deeply", Span(0, 0))
        return ast.Module(body=[], type_ignores=[])

    @cached_property
    def nodes(self) -> Nodes:
        """The nodes of the tree by their class."""
        return Nodes()

    @cached_property
    def parents(self) -> Parents:
        """The parents of the nodes of the tree."""
        return Parents(self.tree)

    @cached_property
    def words(self) -> frozenset[str]:
        """All words of the text; those behind a dot with the dot."""
        text = self.text
        if self._ascii:
            text = " ".join(set(text.translate(_SPACED).split()))
        return frozenset(map(sys.intern, set(_WORDS.findall(text))))

    @cached_property
    def aliases(self) -> frozenset[tuple[str, str]]:
        """The names that an import gives another one, with that."""
        found = set()
        for alias in _ALIAS.finditer(self.text) if " as " in self.text else ():
            start = alias.start()
            aliased = _ALIASED.search(self.text, max(0, start - _LONGEST_ALIASED), start)
            if aliased is not None:
                found.add((aliased[1], alias[1]))
        return frozenset(found)

    def places(self, words: Iterable[str]) -> list[int]:
        """Where any of some words, given as in `words`, stands in the text; in order."""
        text, found = self.text, []
        for word in words:
            start = text.find(word)
            while start >= 0:
                end = start + len(word)
                behind, before = text[end : end + 1], text[start - 1 : start] if start else ""
                if not (behind.isalnum() or behind == "_") and (
                    word[0] == "." or not (before.isalnum() or before in ("_", "."))
                ):
                    found.append(start)
                start = text.find(word, end)
        return sorted(found)

    def mentions(self, word: str) -> bool:
        """Whether the text has a word anywhere."""
        return word in self.words or f".{word}" in self.words

    def span(self, node: ast.AST) -> Span:
        """Where an expression or statement stands, as code points; decorators are not part of a definition."""
        return Span(
            self._offset(node.lineno, node.col_offset),  # type: ignore[attr-defined]
            self._offset(node.end_lineno, node.end_col_offset),  # type: ignore[attr-defined]
        )

    def source(self, node: ast.AST) -> str:
        """The text of an expression or statement."""
        span = self.span(node)
        return self.text[span.start : span.end]

    def row(self, offset: int) -> int:
        """The row of an offset, counted from 1."""
        return self.text.count("\n", 0, offset) + 1

    def before(self, offset: int) -> str:
        """The text of a line that stands before an offset."""
        return self.text[self.text.rfind("\n", 0, offset) + 1 : offset]

    def _offset(self, line: int, column: int) -> int:
        if self._starts is None:
            self._starts = line_starts(self.text)
        start = self._starts[min(line, len(self._starts)) - 1]
        if self._ascii or not column:
            return start + column
        end = self._starts[line] if line < len(self._starts) else len(self.text)
        return start + len(self.text[start:end].encode("utf-8", "surrogatepass")[:column].decode("utf-8", "ignore"))

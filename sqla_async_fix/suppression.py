"""The comments that switch rules off: `noqa`, also for a file, and `ruff: ignore / disable / enable`. No rules here."""

from __future__ import annotations

import re
import tokenize
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from sqla_async_fix.core.source import line_starts

_LINE_END = re.compile(r"\r\n|\r|\n")
_BLANKET = re.compile(r"noqa(?!\s*:\s*(?-i:[A-Z]+[0-9]))|(?:ruff|sqla-async-fix)\s*:", re.IGNORECASE)
_DIRECTIVES = ("noqa", "ruff", "sqla-async-fix")
_RANGES = re.compile(r"(?:flake8|ruff|sqla-async-fix)\s*:", re.IGNORECASE)
_QUOTES = ('"""', "'''")
_LINE_MARKS = ("noqa", "\\", *_QUOTES)
_CODE = re.compile(r"[A-Z]+[0-9]+")
_NOQA_PART = r"noqa(?P<colon>\s*:\s*(?:(?-i:(?P<codes>[A-Z]+[0-9]+(?:[\s,]*[A-Z]+[0-9]+)*))(?=[\s,#]|$))?|(?=[\s#]|$))"
_NOQA = re.compile(rf"#\s*{_NOQA_PART}", re.IGNORECASE)
_FILE_NOQA = re.compile(rf"#\s*(?-i:flake8|ruff|sqla-async-fix)\s*:\s*{_NOQA_PART}", re.IGNORECASE)
_RANGE = re.compile(
    r"#\s*(?:ruff|sqla-async-fix)\s*:\s*(?P<verb>file-ignore|ignore|disable|enable)\s*\[(?P<codes>[^\]]*)\]"
)
_STRING_STARTS = {
    getattr(tokenize, f"{prefix}STRING_START") for prefix in "FT" if hasattr(tokenize, f"{prefix}STRING_START")
}
_STRING_ENDS = {getattr(tokenize, f"{prefix}STRING_END") for prefix in "FT" if hasattr(tokenize, f"{prefix}STRING_END")}
_LAYOUT = {tokenize.NEWLINE, tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


@dataclass(frozen=True, slots=True)
class _Directive:
    """Rows `first` to `last` are free of `codes`, or of everything if None."""

    first: int
    last: int
    codes: frozenset[str] | None

    def covers(self, code: str, row: int) -> bool:
        return self.first <= row <= self.last and (self.codes is None or code in self.codes)


class Suppressions:
    """The suppressions of one file, whose text need not parse. Offsets are code points of it.

    The text is tokenized once a comment of it may matter.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._scan: _Scan | None = None
        self._directives: tuple[_Directive, ...] = ()

    def suppresses(self, code: str, offset: int) -> bool:
        """Whether a violation of `code` (or of a rule of this name) that starts at the offset is switched off."""
        if self._scan is None:
            if not self._may_suppress(code, offset):
                return False
            self._scan = _Scan(self._text)
            self._directives = tuple(_directives(self._scan))
        row = bisect_right(self._scan.starts, offset)
        row = self._scan.joined.get(row, row)
        return any(directive.covers(code, row) for directive in self._directives)

    def _may_suppress(self, code: str, offset: int) -> bool:
        """Whether what the text says without a look at its tokens leaves that open."""
        if not self._is_blanket and code not in self._text:
            return False
        return self._has_ranges or _may_be_marked(self._text, offset)

    @cached_property
    def _is_blanket(self) -> bool:
        """Whether there may be a suppression that does not name the code of a rule in so many letters."""
        lowered = self._text.lower()
        return any(word in lowered for word in _DIRECTIVES) and _BLANKET.search(self._text) is not None

    @cached_property
    def _has_ranges(self) -> bool:
        """Whether there may be a suppression for more than a line."""
        return _RANGES.search(self._text) is not None


def _may_be_marked(text: str, offset: int) -> bool:
    """Whether the line of an offset may have a `noqa`, or be one with lines that follow: by a backslash, or by a string
    that begins in it or reaches into it."""
    end = text.find("\n", offset)
    line = text[text.rfind("\n", 0, offset) + 1 : end if end >= 0 else len(text)].lower()
    return any(mark in line for mark in _LINE_MARKS) or any(text.count(mark, 0, offset) % 2 for mark in _QUOTES)


def noqa_offset(text: str, offset: int) -> int:
    """An offset on the line where a `noqa` for a violation that starts at the offset has to stand."""
    scan = _Scan(text)
    row = bisect_right(scan.starts, offset)
    last = scan.joined.get(row, row)
    return offset if last == row else scan.starts[last - 1]


@dataclass(slots=True)
class _Comment:
    row: int
    column: int
    text: str
    alone: bool


class _Scan:
    """One pass over the tokens: the comments, the rows that belong together, and the rows of logical lines."""

    def __init__(self, text: str) -> None:
        self.starts = line_starts(text)
        self.lines = [text[start:end] for start, end in zip(self.starts, [*self.starts[1:], len(text)], strict=True)]
        self.comments: list[_Comment] = []
        self.joined: dict[int, int] = {}
        self.logical: list[tuple[int, int]] = []
        self.indents: list[tuple[int, int]] = []
        groups: list[tuple[int, int]] = []
        try:
            self._read(groups)
        except (tokenize.TokenError, SyntaxError):
            self._read_rest()
        self._join(groups)

    def _read(self, groups: list[tuple[int, int]]) -> None:
        lines = iter([_LINE_END.sub("\n", line) for line in self.lines])
        previous: tokenize.TokenInfo | None = None
        strings: list[int] = []
        begin: int | None = None
        for token in tokenize.generate_tokens(lambda: next(lines, "")):
            row = token.start[0]
            if token.type == tokenize.COMMENT:
                alone = not self.lines[row - 1][: token.start[1]].strip()
                self.comments.append(_Comment(row, token.start[1], token.string, alone))
            elif token.type in _STRING_STARTS:
                strings.append(row)
            elif token.type in _STRING_ENDS:
                groups.append((strings.pop(), token.end[0]))
            elif token.type == tokenize.STRING:
                groups.append((row, token.end[0]))
            if previous is not None and previous.type not in _LAYOUT and previous.end[0] < row:
                groups.append((previous.end[0], row))
            if token.type == tokenize.NEWLINE and begin is not None:
                self.logical.append((begin, row))
                begin = None
            elif begin is None and token.type not in _LAYOUT:
                begin = row
                self.indents.append((row, token.start[1]))
            previous = token

    def _read_rest(self) -> None:
        """The comments behind the place where the tokenizer gave up, as far as a line alone tells them."""
        seen = self.comments[-1].row if self.comments else 0
        for row, line in enumerate(self.lines, 1):
            if row > seen and (at := line.find("#")) >= 0:
                self.comments.append(_Comment(row, at, line[at:].rstrip(), not line[:at].strip()))

    def _join(self, groups: list[tuple[int, int]]) -> None:
        """A directive at the end of a multi-line string or a continued line speaks for all of its rows."""
        for first, last in sorted(((f, e) for f, e in groups if f < e), reverse=True):
            end = self.joined.get(last, last)
            for row in range(first, last + 1):
                self.joined[row] = max(end, self.joined.get(row, row))


def _directives(scan: _Scan) -> Iterator[_Directive]:
    opened: list[tuple[_Comment, tuple[str, ...]]] = []
    everything = len(scan.lines)
    for comment in scan.comments:
        if match := _FILE_NOQA.match(comment.text):
            if comment.alone and not (match["colon"] and not match["codes"]):
                yield _Directive(1, everything, _codes(match["codes"]))
        elif match := _RANGE.match(comment.text):
            codes = tuple(item.strip() for item in match["codes"].split(",") if item.strip())
            if match["verb"] == "ignore":
                first, last = _ignored_rows(scan, comment)
                yield _Directive(first, last, frozenset(codes))
            elif not comment.alone:
                continue
            elif match["verb"] == "file-ignore":
                yield _Directive(1, everything, frozenset(codes))
            elif match["verb"] == "disable":
                opened.append((comment, codes))
            else:
                for item in reversed(opened):
                    if item[1] == codes and item[0].column == comment.column:
                        opened.remove(item)
                        yield _Directive(item[0].row, comment.row, frozenset(codes))
                        break
        elif (match := _NOQA.search(comment.text)) and not (match["colon"] and not match["codes"]):
            yield _Directive(comment.row, comment.row, _codes(match["codes"]))
    for comment, codes in opened:
        yield _Directive(comment.row, _block_end(scan, comment), frozenset(codes))


def _codes(text: str | None) -> frozenset[str] | None:
    return None if text is None else frozenset(_CODE.findall(text))


def _ignored_rows(scan: _Scan, comment: _Comment) -> tuple[int, int]:
    """A comment of its own speaks for the statement that follows it, or the next line of one it stands in."""
    if comment.alone:
        for first, last in scan.logical:
            if first > comment.row:
                return first, last
            if comment.row <= last:
                return comment.row, comment.row + 1
    return comment.row, comment.row


def _block_end(scan: _Scan, comment: _Comment) -> int:
    """The last row of the block that a comment of its own stands in."""
    for row, column in scan.indents:
        if row > comment.row and column < comment.column:
            return row - 1
    return len(scan.lines)

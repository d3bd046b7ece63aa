"""File patterns with the meaning that ruff gives them. Which patterns apply to what is decided by their users."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@cache
def _glob_regex(glob: str) -> str:
    """The regular expression of a glob as Rust's `globset` reads it: `*` and `?` also match `/`. Raises ValueError."""
    out: list[str] = []
    depth = 0
    index = 0
    while index < len(glob):
        char = glob[index]
        if glob.startswith("/**/", index):
            out.append("(?:/|/.*/)")
            index += 4
            continue
        if index == 0 and glob.startswith("**/"):
            out.append("(?:/?|.*/)")
            index += 3
            continue
        if glob[index:] == "/**":
            out.append("/.*")
            break
        if char == "*":
            out.append(".*")
        elif char == "?":
            out.append(".")
        elif char == "[":
            if (close := glob.find("]", index + 2)) < 0:
                raise ValueError("unclosed character class; missing `]`")
            members = glob[index + 1 : close]
            negated = members[0] in "!^"
            members = members[1:] if negated else members
            escaped = re.sub(r"([\\\[\]^&~|])", r"\\\1", members)
            out.append(f"[{'^' if negated else ''}{escaped}]")
            index = close
        elif char == "{":
            depth += 1
            out.append("(?:")
        elif char == "}" and depth:
            depth -= 1
            out.append(")")
        elif char == "," and depth:
            out.append("|")
        elif char == "\\" and index + 1 < len(glob):
            index += 1
            out.append(re.escape(glob[index]))
        else:
            out.append(re.escape(char))
        index += 1
    if depth:
        raise ValueError("unclosed alternate group; missing `}`")
    return "".join(out)


def _anchored(glob: str, base: Path) -> str:
    """The regular expression of a relative glob, taken from a directory whose own characters mean nothing."""
    parts = [part for part in glob.split("/") if part not in ("", ".")]
    while parts and parts[0] == "..":
        parts.pop(0)
        base = base.parent
    inner: list[str] = []
    for part in parts:
        if part == ".." and inner:
            inner.pop()
        else:
            inner.append(part)
    return re.escape(base.as_posix().rstrip("/")) + _glob_regex("/" + "/".join(inner))


@dataclass(frozen=True, slots=True)
class FilePatterns:
    """A set of globs, compiled. A glob matches a path's last component, or the whole path taken from `base`."""

    regex: re.Pattern[str] | None

    @classmethod
    def compile(cls, globs: tuple[str, ...], base: Path) -> FilePatterns:
        """Globs relative to the directory `base`; raises ValueError naming the glob that is none."""
        alternatives: list[str] = []
        for glob in globs:
            try:
                alternatives.append(_glob_regex(glob))
                if not glob.startswith("/"):
                    alternatives.append(_anchored(glob, base))
                re.compile("|".join(alternatives[-2:]))
            except (re.error, ValueError) as error:
                raise ValueError(f"invalid pattern `{glob}`: {error}") from error
        return cls(re.compile("|".join(alternatives), re.DOTALL) if alternatives else None)

    def match(self, path: str) -> bool:
        """Whether the absolute path, with `/`, or its last component matches."""
        if self.regex is None:
            return False
        return bool(self.regex.fullmatch(path.rsplit("/", 1)[-1]) or self.regex.fullmatch(path))

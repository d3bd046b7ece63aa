"""File patterns with the meaning that ruff gives them. Which patterns apply to what is decided by their users."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_SPECIAL = frozenset("*?[]{}\\")


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


def _anchored(glob: str, base: Path) -> tuple[str, str]:
    """The directory that a relative glob is taken from, whose own characters mean nothing, and the glob below it."""
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
    return base.as_posix().rstrip("/"), "/" + "/".join(inner)


@dataclass(frozen=True, slots=True)
class FilePatterns:
    """A set of globs, compiled. A glob matches a path's last component, or the whole path taken from `base`."""

    literals: frozenset[str]
    regex: re.Pattern[str] | None

    @classmethod
    def compile(cls, globs: tuple[str, ...], base: Path) -> FilePatterns:
        """Globs relative to the directory `base`; raises ValueError naming the glob that is none."""
        literals: set[str] = set()
        alternatives: list[str] = []
        for glob in globs:
            folder, below = _anchored(glob, base)
            if _SPECIAL.isdisjoint(glob):
                literals.update((glob,) if glob.startswith("/") else (glob, folder + below))
                continue
            try:
                alternatives.append(_glob_regex(glob))
                if not glob.startswith("/"):
                    alternatives.append(re.escape(folder) + _glob_regex(below))
                re.compile("|".join(alternatives[-2:]))
            except (re.error, ValueError) as error:
                raise ValueError(f"invalid pattern `{glob}`: {error}") from error
        return cls(frozenset(literals), re.compile("|".join(alternatives), re.DOTALL) if alternatives else None)

    def match(self, path: str) -> bool:
        """Whether the absolute path, with `/`, or its last component matches."""
        name = path.rsplit("/", 1)[-1]
        if name in self.literals or path in self.literals:
            return True
        return self.regex is not None and bool(self.regex.fullmatch(name) or self.regex.fullmatch(path))

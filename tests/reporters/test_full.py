"""The excerpts of the `full` format, laid out as ruff lays them out."""

from __future__ import annotations

import inspect

from sqla_async_fix.core.edit import Applicability
from sqla_async_fix.core.span import Span
from sqla_async_fix.core.violation import Rewrite, Violation
from sqla_async_fix.reporters.diagnostic import Diagnostic, Lines, Style
from sqla_async_fix.reporters.full import render


def rendered(text: str, marked: str, rewrite: Rewrite | None = None, applies: bool = False) -> str:
    """The block of a violation at `marked`."""
    start = text.index(marked)
    violation = Violation("SAF101", "legacy-query", "Message", "a.py", Span(start, start + len(marked)), rewrite)
    return render([Diagnostic(violation, "a.py", "/a.py", Lines(text), applies)], Style(False))


def block(text: str) -> str:
    """An expected block, written with indentation."""
    return inspect.cleandoc(text) + "\n\n"


def test_two_lines_around() -> None:
    text = "a\nb\nc\nhere()\nd\ne\nf\n"
    assert rendered(text, "here()") == block(
        """
        SAF101 Message
         --> a.py:4:1
          |
        2 | b
        3 | c
        4 | here()
          | ^^^^^^
        5 | d
        6 | e
          |
        """
    )


def test_empty_lines_at_the_edges_are_left_out() -> None:
    assert rendered("a\n\n\nhere\n\nb\n\n", "here") == block(
        """
        SAF101 Message
         --> a.py:4:1
          |
        4 | here
          | ^^^^
        5 |
        6 | b
          |
        """
    )


def test_several_lines() -> None:
    text = "def f(x):\n    a = 1\n    y = g(\n        1,\n    )\n    return y\n"
    assert rendered(text, "y = g(\n        1,\n    )") == block(
        """
        SAF101 Message
         --> a.py:3:5
          |
        1 |   def f(x):
        2 |       a = 1
        3 | /     y = g(
        4 | |         1,
        5 | |     )
          | |_____^
        6 |       return y
          |
        """
    )


def test_several_lines_from_the_middle_of_one() -> None:
    assert rendered("if True:\n\n    m=1;l = f(\n  0)\n", "l = f(\n  0)") == block(
        """
        SAF101 Message
         --> a.py:3:9
          |
        1 |   if True:
        2 |
        3 |       m=1;l = f(
          |  _________^
        4 | |   0)
          | |____^
        """
    )


def test_numbers_of_different_width_tabs_and_wide_characters() -> None:
    text = "\n" * 8 + "x\n\t日本 = here\ny\n"
    assert rendered(text, "here") == block(
        """
        SAF101 Message
          --> a.py:10:7
           |
         9 | x
        10 |     日本 = here
           |            ^^^^
        11 | y
           |
        """
    )


def test_what_can_be_done() -> None:
    safe = Rewrite("Use `select()`", Applicability.SAFE, ())
    unsafe = Rewrite("Use `select()`", Applicability.UNSAFE, ())
    assert rendered("here\n", "here", safe, applies=True) == block(
        """
        SAF101 [*] Message
         --> a.py:1:1
          |
        1 | here
          | ^^^^
        help: Use `select()`
        """
    )
    assert rendered("here\n", "here", unsafe).endswith(
        "help: Use `select()`\nnote: This is an unsafe fix and may change runtime behavior\n\n"
    )


def test_an_empty_place_at_the_end_of_the_file() -> None:
    violation = Violation("invalid-syntax", "invalid-syntax", "Unexpected end", "a.py", Span(4, 4))
    assert render([Diagnostic(violation, "a.py", "/a.py", Lines("x (\n"), False)], Style(False)) == block(
        """
        invalid-syntax: Unexpected end
         --> a.py:2:1
          |
        1 | x (
        2 |
          | ^
        """
    )


def test_a_file_without_text() -> None:
    violation = Violation("E902", "io-error", "No such file", "a.py", Span(0, 0))
    assert render([Diagnostic(violation, "a.py", "/a.py", None, False)], Style(False)) == (
        "E902 No such file\n--> a.py:1:1\n\n"
    )

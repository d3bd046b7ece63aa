"""Which violations a comment switches off; where ruff has an answer, it is ruff's."""

from __future__ import annotations

import pytest

from sqla_async_fix.suppression import Suppressions, noqa_offset


def suppressed(text: str, code: str = "SAF301", mark: str = "here") -> bool:
    """Whether a violation at the first `here` is switched off."""
    return Suppressions(text).suppresses(code, text.index(mark))


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa",
        "# NOQA",
        "#noqa",
        "# noqa: SAF301",
        "# noqa:SAF301",
        "# noqa : SAF301",
        "# noqa: E501,SAF301",
        "# noqa: E501 SAF301",
        "# noqa: SAF301,,E501",
        "# noqa: SAF301  it must wait",
        "# noqa  because",
        "# pylint: disable=x  # noqa: SAF301",
        "# type: ignore # noqa",
        "# ruff: ignore[SAF301]",
        "# sqla-async-fix: ignore[SAF301, SAF302]",
    ],
)
def test_a_comment_at_the_end_of_the_line(comment: str) -> None:
    assert suppressed(f"here()  {comment}\n")
    assert not suppressed(f"x()  {comment}\nhere()\n")


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa: E501",
        "# noqa: saf301",
        "# noqa: SAF301.",
        "# noqa[SAF301]",
        "# noqa.",
        "# noqa:",
        "# noqa: later",
        "# noqaSAF301",
        "# no qa",
        "# noqa: SAF30",
        "# ruff: ignore[E501]",
    ],
)
def test_comments_that_do_not_speak_of_it(comment: str) -> None:
    assert not suppressed(f"here()  {comment}\n")


def test_text_in_a_string_is_no_comment() -> None:
    assert not suppressed('here("# noqa")\n')


@pytest.mark.parametrize(
    "comment",
    ["# ruff: noqa", "# flake8: noqa", "# sqla-async-fix: noqa", "# ruff: noqa: SAF301", "# ruff: file-ignore[SAF301]"],
)
def test_a_whole_file(comment: str) -> None:
    assert suppressed(f"here()\n\n{comment}\n")
    assert not suppressed(f"here()\nx()  {comment}\n")


def test_a_whole_file_for_other_codes() -> None:
    assert not suppressed("# ruff: noqa: SAF302\nhere()\n")


def test_a_multiline_expression_is_spoken_for_on_its_first_line() -> None:
    assert suppressed("here(  # noqa: SAF301\n    1,\n)\n")
    assert not suppressed("here(\n    1,\n)  # noqa: SAF301\n")


def test_a_multiline_string_is_spoken_for_on_its_last_line() -> None:
    assert suppressed('x = here("""\na\n""")  # noqa: SAF301\n')
    assert suppressed('x = here(f"""\na {1}\n""")  # noqa: SAF301\n')


def test_a_continued_line_is_spoken_for_on_its_last_line() -> None:
    assert suppressed("x = here() + \\\n    1  # noqa: SAF301\n")
    assert suppressed("x = 1 + \\\n    here()  # noqa: SAF301\n")


def test_ignore_on_a_line_of_its_own_speaks_for_the_next_statement() -> None:
    text = "# ruff: ignore[SAF301]\nhere(\n    there,\n)\nafter()\n"
    assert suppressed(text)
    assert suppressed(text, mark="there")
    assert not suppressed(text, mark="after")


def test_disable_until_enable() -> None:
    text = "before()\n# ruff: disable[SAF301]\nhere()\n# ruff: enable[SAF301]\nafter()\n"
    assert suppressed(text)
    assert not suppressed(text, mark="before")
    assert not suppressed(text, mark="after")


def test_disable_ends_with_its_block() -> None:
    text = "def f():\n    # ruff: disable[SAF301]\n    here()\n    more()\nafter()\n"
    assert suppressed(text)
    assert suppressed(text, mark="more")
    assert not suppressed(text, mark="after")


def test_a_text_that_does_not_parse_keeps_its_comments() -> None:
    assert suppressed("here()  # noqa\nx = (\n")
    assert suppressed('x = """\nhere()  # noqa\n')


def test_other_line_ends() -> None:
    assert suppressed("x\r\nhere()  # noqa\r\ny\r\n")
    assert not suppressed("x  # noqa\r\nhere()\r\n")


def test_where_a_noqa_has_to_stand() -> None:
    text = 'x = here("""\na\n""")\nhere(\n)\n'
    assert text.count("\n", 0, noqa_offset(text, text.index("here"))) == 2
    assert text.count("\n", 0, noqa_offset(text, text.rindex("here"))) == 3

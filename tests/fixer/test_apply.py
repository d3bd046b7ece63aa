"""Groups, levels, conflicts and withdrawal."""

from __future__ import annotations

import sys
from subprocess import run

from sqla_async_fix.core.edit import Applicability
from sqla_async_fix.core.source import SourceFile
from sqla_async_fix.core.span import Span
from sqla_async_fix.core.steps import AddAsync, AddAwait, RenameMethod, Replace, Step, Symbol
from sqla_async_fix.core.violation import Rewrite, Violation
from sqla_async_fix.fixer import Applied, Rewriting, apply

SAFE, UNSAFE = Applicability.SAFE, Applicability.UNSAFE


def files(**texts: str) -> dict[str, SourceFile]:
    return {f"{name}.py": SourceFile(f"{name}.py", text) for name, text in texts.items()}


def at(text: str, part: str) -> Span:
    start = text.index(part)
    return Span(start, start + len(part))


def violation(
    path: str, *steps: Step, level: Applicability = SAFE, group: str | None = None, code: str = "SAF101"
) -> Violation:
    return Violation(code, "name", "Message", path, steps[0].span, Rewrite("Title", level, steps, group))


def texts(applied: Applied) -> dict[str, str]:
    return {path: source.text for path, source in applied.sources.items()}


def test_lone_rewrites() -> None:
    text = "a.b()\nc.d()\n"
    first = violation("x.py", RenameMethod(at(text, "a.b()"), "e"))
    second = violation("x.py", RenameMethod(at(text, "c.d()"), "f"))
    unfixable = Violation("SAF101", "name", "Message", "x.py", Span(0, 1))
    applied = apply(files(x=text, y="a\n"), [second, unfixable, first], SAFE)
    assert texts(applied) == {"x.py": "a.e()\nc.f()\n"}
    assert applied.fixed == (first, second)
    assert applied.withdrawn == {}


def test_level() -> None:
    text = "a.b()\nc.d()\n"
    safe = violation("x.py", RenameMethod(at(text, "a.b()"), "e"))
    unsafe = violation("x.py", RenameMethod(at(text, "c.d()"), "f"), level=UNSAFE)
    assert texts(apply(files(x=text), [safe, unsafe], SAFE)) == {"x.py": "a.e()\nc.d()\n"}
    assert texts(apply(files(x=text), [safe, unsafe], UNSAFE)) == {"x.py": "a.e()\nc.f()\n"}


def test_a_group_is_as_applicable_as_its_least_member() -> None:
    text = "a.b()\nc.d()\n"
    safe = violation("x.py", RenameMethod(at(text, "a.b()"), "e"), group="g")
    unsafe = violation("x.py", RenameMethod(at(text, "c.d()"), "f"), level=UNSAFE, group="g")
    applied = apply(files(x=text), [safe, unsafe], SAFE)
    assert applied.sources == {}
    assert set(applied.withdrawn) == {safe, unsafe}


def test_a_group_over_files_fails_whole() -> None:
    text = "def f():\n    g()\n"
    good = violation("x.py", AddAwait(at(text, "g()")), AddAsync(at(text, "def f():\n    g()")), group="g")
    bad = violation("y.py", AddAwait(at(text, "g()")), group="g")
    other = violation("y.py", RenameMethod(Span(len(text), len(text) + 5), "e"))
    applied = apply(files(x=text, y=text + "a.b()\n"), [good, bad, other], SAFE)
    assert texts(applied) == {"y.py": text + "a.e()\n"}
    assert applied.fixed == (other,)
    assert set(applied.withdrawn) == {good, bad}
    assert "would not compile" in applied.withdrawn[good]


def test_a_group_that_touches_a_file_out_of_reach() -> None:
    text = "a.b()\n"
    here = violation("x.py", RenameMethod(at(text, "a.b()"), "e"), group="g")
    there = violation("y.py", RenameMethod(at(text, "a.b()"), "e"), group="g")
    applied = apply(files(x=text), [here, there], SAFE)
    assert applied.sources == {}
    assert applied.withdrawn[here] == "y.py is not among the files to be changed"


def test_one_bad_group_takes_none_along() -> None:
    lines = [f"a{number}.b()  # {number}\n" for number in range(9)]
    text = "".join(lines) + "x = (c  # lost\n.d())\n"
    good = [violation("x.py", RenameMethod(at(text, f"a{number}.b()"), "e")) for number in range(9)]
    bad = violation("x.py", Replace(at(text, "c  # lost\n.d()"), ("e",)))
    applied = apply(files(x=text), [bad, *good], SAFE)
    assert applied.fixed == tuple(good)
    assert applied.withdrawn == {bad: "The rewrite would lose the comment `# lost`"}
    assert applied.sources["x.py"].text == text.replace(".b()", ".e()")


def test_conflicts_are_deferred() -> None:
    text = "a.b().c()\n"
    first = violation("x.py", RenameMethod(at(text, "a.b()"), "e"))
    second = violation("x.py", RenameMethod(at(text, "a.b()"), "f"), code="SAF102")
    applied = apply(files(x=text), [second, first], SAFE)
    assert texts(applied) == {"x.py": "a.e().c()\n"}
    assert applied.fixed == (first,)
    assert applied.withdrawn == {}


def test_equal_steps_of_two_groups_are_one() -> None:
    text = "async def f():\n    g()\n"
    first = violation("x.py", AddAwait(at(text, "g()")))
    second = violation("x.py", AddAwait(at(text, "g()")), code="SAF304")
    applied = apply(files(x=text), [first, second], SAFE)
    assert texts(applied) == {"x.py": "async def f():\n    await g()\n"}
    assert applied.fixed == (first, second)


def test_unbound_name() -> None:
    text = "x = f(1)\n\ndef f(a): return a\n"
    bad = violation("x.py", Replace(at(text, "f(1)"), ("g(1)",)))
    assert apply(files(x=text), [bad], SAFE).withdrawn == {bad: "The rewrite would use `g`, which nothing binds"}


def test_no_change() -> None:
    text = "a.b()\n"
    bad = violation("x.py", RenameMethod(at(text, "a.b()"), "b"))
    assert apply(files(x=text), [bad], SAFE).withdrawn == {bad: "The rewrite changes nothing"}


def test_not_storable() -> None:
    source = SourceFile.decode("x.py", "# coding: latin-1\na = 'é'.b()\n".encode("latin-1"))
    bad = violation("x.py", RenameMethod(at(source.text, "'é'.b()"), "ω"))
    applied = apply({"x.py": source}, [bad], SAFE)
    assert applied.withdrawn == {bad: "The rewritten file cannot be stored as iso-8859-1"}


def test_names_others_use_stay_imported() -> None:
    text = "from sqlalchemy.orm import Query\nx = Query.a()\n"
    step = violation("x.py", Replace(at(text, "Query.a()"), ("1",)))
    assert texts(apply(files(x=text), [step], SAFE)) == {"x.py": "x = 1\n"}
    kept = apply(files(x=text), [step], SAFE, Rewriting(keep=lambda path: frozenset({"Query"})))
    assert texts(kept) == {"x.py": "from sqlalchemy.orm import Query\nx = 1\n"}


def test_steps_of_groups_meet_on_one_import() -> None:
    text = "x = a.b()\ny = a.c()\n"
    select = Symbol("sqlalchemy", "select")
    first = violation("x.py", Replace(at(text, "a.b()"), (select, "(1)")))
    second = violation("x.py", Replace(at(text, "a.c()"), (select, "(2)")))
    applied = apply(files(x="a = 1\n" + text), [], SAFE)
    assert applied.sources == {}
    applied = apply(files(x=text), [first, second], SAFE)
    assert texts(applied) == {"x.py": "from sqlalchemy import select\n\nx = select(1)\ny = select(2)\n"}


def test_nothing_to_do_imports_no_libcst() -> None:
    code = (
        "import sys; from sqla_async_fix.fixer import apply; from sqla_async_fix.core.edit import Applicability;"
        "apply({}, [], Applicability.SAFE); sys.exit('libcst' in sys.modules)"
    )
    assert run([sys.executable, "-c", code], check=False).returncode == 0

"""What a rewritten file must hold."""

from __future__ import annotations

import pytest

from sqla_async_fix.fixer.verify import defect, unbound_names

DEFECTS = [
    ("a = 1\n", "a = 1\n", "changes nothing"),
    ("a = 1\n", "a = (\n", "would not compile"),
    ("def f(): g()\n", "def f(): await g()\n", "would not compile"),
    ("a = 1  # b\n", "a = 2\n", "the comment `# b`"),
    ("# b\n# b\na = 1\n", "# b\na = 1\n", "the comment `# b`"),
    ("def f(): pass\n", "def f(): return g\n", "`g`, which nothing binds"),
    ("import g\nx = g\n", "x = g\n", "`g`, which nothing binds"),
]


@pytest.mark.parametrize(("old", "new", "reason"), DEFECTS)
def test_defect(old: str, new: str, reason: str) -> None:
    assert reason in str(defect(old, new, "x.py"))


SOUND = [
    ("a = 1  # b\n", "# b  \na = 2\n"),
    ("x = unknown\n", "y = unknown\n"),
    ("from a import *\n", "from a import *\nx = y\n"),
    ("def f(): pass\n", "def f():\n    global g\n    g = 1\n\ndef h(): return g, print, __file__, __name__\n"),
    ("a = 1\n", "class A:\n    b = 1\n    c = [b for d in 'x']\n    def e(self): return __class__\nb = 1\n"),
    ("from __future__ import annotations\n", "from __future__ import annotations\nx = 1\n"),
    ("x = 1\r\n# c\r\n", "x = 2\r\n# c\r\n"),
]


@pytest.mark.parametrize(("old", "new"), SOUND)
def test_sound(old: str, new: str) -> None:
    assert defect(old, new, "x.py") is None


def test_unbound_names() -> None:
    assert unbound_names("def f(a):\n    b = 1\n    return lambda: (a, b, c)\n\nclass D(E): x: F = g\n") == set("cEFg")

"""Symbols: how they are spelled, what is imported where, and which imports go."""

from __future__ import annotations

import pytest
from codemod_case import check_refused, place, rewritten

from sqla_async_fix.core.steps import AddAsync, Replace, Step, Symbol

SELECT = Symbol("sqlalchemy", "select")
ASYNC_SESSION = Symbol("sqlalchemy.ext.asyncio", "AsyncSession")


def using(text: str, symbol: Symbol = SELECT, mark: str = "_here_") -> str:
    """The text with the symbol in the place of each mark."""
    at = place(text)
    steps: list[Step] = [Replace(at(mark, index), (symbol,)) for index in range(text.count(mark))]
    return rewritten(text, *steps)


USE = "\nx = _here_\n"

SPELLINGS = {
    "there": ("from sqlalchemy import select" + USE, "from sqlalchemy import select\nx = select\n"),
    "alias": ("from sqlalchemy import select as sel" + USE, "from sqlalchemy import select as sel\nx = sel\n"),
    "same object": ("from sqlalchemy.future import select" + USE, "from sqlalchemy.future import select\nx = select\n"),
    "module": ("import sqlalchemy as sa" + USE, "import sqlalchemy as sa\nx = sa.select\n"),
    "plain module": ("import sqlalchemy" + USE, "import sqlalchemy\nx = sqlalchemy.select\n"),
    "submodule": ("import sqlalchemy.orm" + USE, "import sqlalchemy.orm\nx = sqlalchemy.select\n"),
    "names and module": (
        "import sqlalchemy as sa\nfrom sqlalchemy import func" + USE,
        "import sqlalchemy as sa\nfrom sqlalchemy import func, select\nx = select\n",
    ),
    "parameter of that name": (
        "from sqlalchemy import select\ndef f(select):\n    return _here_\n",
        "from sqlalchemy import select, select as sa_select\ndef f(select):\n    return sa_select\n",
    ),
    "module name": (
        "from select import select" + USE,
        "from select import select\n\nfrom sqlalchemy import select as sa_select\nx = sa_select\n",
    ),
    "local name elsewhere": (
        "from sqlalchemy import func\ndef g():\n    select = 1\ndef f():\n    return _here_\n",
        "from sqlalchemy import func, select\ndef g():\n    select = 1\ndef f():\n    return select\n",
    ),
    "global of a function": (
        "from sqlalchemy import func\ndef g():\n    global select\n    select = 1\ny = _here_\n",
        "from sqlalchemy import func, select as sa_select\n"
        "def g():\n    global select\n    select = 1\ny = sa_select\n",
    ),
    "only for type checkers": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from sqlalchemy import select" + USE,
        "from typing import TYPE_CHECKING\n\nfrom sqlalchemy import select\nif TYPE_CHECKING:\n"
        "    from sqlalchemy import select\nx = select\n",
    ),
    "in the function": (
        "from sqlalchemy import func\ndef f():\n    from sqlalchemy import select\n"
        "    return _here_, [_here_ for x in a]\n",
        "from sqlalchemy import func\ndef f():\n    from sqlalchemy import select\n"
        "    return select, [select for x in a]\n",
    ),
    "perhaps in the function": (
        "from sqlalchemy import func\ndef f():\n    if a:\n        from sqlalchemy import select\n    return _here_\n",
        "from sqlalchemy import func, select as sa_select\ndef f():\n    if a:\n        from sqlalchemy import select\n"
        "    return sa_select\n",
    ),
    "in the function by its module": (
        "def f():\n    import sqlalchemy as sa\n    return _here_\n",
        "def f():\n    import sqlalchemy as sa\n    return sa.select\n",
    ),
    "beside others of the function": (
        "def f():\n    from sqlalchemy import func\n\n    import a\n    return _here_\n",
        "def f():\n    from sqlalchemy import func, select\n\n    import a\n    return select\n",
    ),
    "optional module": (
        "try:\n    import sqlalchemy as sa\nexcept E:\n    sa = None\ndef f():\n    return _here_\n",
        "try:\n    import sqlalchemy as sa\nexcept E:\n    sa = None\ndef f():\n    return sa.select\n",
    ),
    "optional name": (
        "try:\n    from sqlalchemy import select\nexcept E:\n    pass\ndef f():\n    return _here_\n",
        "try:\n    from sqlalchemy import select\nexcept E:\n    pass\ndef f():\n    return select\n",
    ),
    "optional, another name": (
        "try:\n    from sqlalchemy import func\nexcept E:\n    func = None\ndef f():\n    'Doc.'\n    return _here_\n",
        "try:\n    from sqlalchemy import func\nexcept E:\n    func = None\ndef f():\n    'Doc.'\n"
        "    from sqlalchemy import select\n\n    return select\n",
    ),
    "only in one branch": (
        "if a:\n    import sqlalchemy as sa\ndef f():\n    return _here_\n",
        "if a:\n    import sqlalchemy as sa\ndef f():\n    from sqlalchemy import select\n\n    return select\n",
    ),
    "in this or that version": (
        "try:\n    from sqlalchemy import a\nexcept E:\n    from sqlalchemy.b import a\ndef f():\n    return _here_\n",
        "from sqlalchemy import select\n\n"
        "try:\n    from sqlalchemy import a\nexcept E:\n    from sqlalchemy.b import a\ndef f():\n    return select\n",
    ),
    "module for a hidden name": (
        "import sqlalchemy as sa\nfrom sqlalchemy import func\ndef f(select):\n    return _here_\n",
        "import sqlalchemy as sa\nfrom sqlalchemy import func\ndef f(select):\n    return sa.select\n",
    ),
    "in a function only": (
        "import sqlalchemy.orm\ndef f():\n    from sqlalchemy import select\nx = _here_\n",
        "import sqlalchemy.orm\ndef f():\n    from sqlalchemy import select\nx = sqlalchemy.select\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), SPELLINGS.values(), ids=SPELLINGS)
def test_spelling(before: str, after: str) -> None:
    assert using(before) == after


def test_nothing_is_imported_at_the_top_where_sqlalchemy_may_be_missing() -> None:
    text = "try:\n    import sqlalchemy as sa\nexcept E:\n    sa = None\nx = y\n"
    check_refused(text, "SQLAlchemy is imported conditionally", lambda at: [Replace(at("y"), (SELECT,))])


def test_an_annotation_that_nobody_evaluates_imports_for_type_checkers() -> None:
    before = (
        "if TYPE_CHECKING:\n    import sqlalchemy\nelse:\n    sqlalchemy = Lazy('sqlalchemy')\n"
        "def f(a: '_here_', b: '_here_'):\n    return _here_\n"
    )
    after = (
        "if TYPE_CHECKING:\n    import sqlalchemy\n    from sqlalchemy.ext.asyncio import AsyncSession\nelse:\n"
        "    sqlalchemy = Lazy('sqlalchemy')\ndef f(a: 'AsyncSession', b: 'AsyncSession'):\n"
        "    from sqlalchemy.ext.asyncio import AsyncSession\n\n    return AsyncSession\n"
    )
    assert using(before, ASYNC_SESSION) == after


PLACES = {
    "nothing there": ("x = _here_\n", "from sqlalchemy import select\n\nx = select\n"),
    "docstring": ('"""Doc."""\nx = _here_\n', '"""Doc."""\n\nfrom sqlalchemy import select\n\nx = select\n'),
    "comment head": (
        "#!/bin/x\n# -*- a -*-\n\nx = _here_\n",
        "#!/bin/x\n# -*- a -*-\n\nfrom sqlalchemy import select\n\nx = select\n",
    ),
    "future": (
        "from __future__ import annotations\n\nx = _here_\n",
        "from __future__ import annotations\n\nfrom sqlalchemy import select\n\nx = select\n",
    ),
    "sections": (
        "import os\n\nfrom fastapi import A\nfrom starlette import B\n\nfrom . import c\n\nx = _here_\n",
        "import os\n\nfrom fastapi import A\nfrom sqlalchemy import select\nfrom starlette import B\n\n"
        "from . import c\n\nx = select\n",
    ),
    "no third party": (
        "import os\n\nfrom . import c\n\nx = _here_\n",
        "import os\n\nfrom sqlalchemy import select\n\nfrom . import c\n\nx = select\n",
    ),
    "before its submodule": (
        "import z\nfrom sqlalchemy.orm import Session\n\nx = _here_\n",
        "import z\nfrom sqlalchemy import select\nfrom sqlalchemy.orm import Session\n\nx = select\n",
    ),
    "own block first": (
        "from fastapi import A\n\nfrom app import b\n\nx = _here_\n",
        "from fastapi import A\nfrom sqlalchemy import select\n\nfrom app import b\n\nx = select\n",
    ),
    "sections that nothing parts": (
        "import os\nfrom app import b\nfrom lib import c\nfrom zoo import d\n\nx = _here_\n",
        "import os\nfrom app import b\nfrom lib import c\nfrom sqlalchemy import select\nfrom zoo import d\n\n"
        "x = select\n",
    ),
    "sorted by module": (
        "from a import b\nimport m\nfrom sqlalchemy.exc import E\nimport z\n\nx = _here_\n",
        "from a import b\nimport m\nfrom sqlalchemy import select\nfrom sqlalchemy.exc import E\nimport z\n\n"
        "x = select\n",
    ),
    "one name each, in a later block": (
        "import sqlalchemy.orm\nfrom typing import Any\n\n"
        "from sqlalchemy import Column\nfrom sqlalchemy import text\n\nx = _here_\n",
        "import sqlalchemy.orm\nfrom typing import Any\n\n"
        "from sqlalchemy import Column\nfrom sqlalchemy import select\nfrom sqlalchemy import text\n\nx = select\n",
    ),
    "try block": (
        "try:\n    import a\nexcept ImportError:\n    a = None\nimport b\n\nx = _here_\n",
        "try:\n    import a\nexcept ImportError:\n    a = None\nimport b\n"
        "from sqlalchemy import select\n\nx = select\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), PLACES.values(), ids=PLACES)
def test_place(before: str, after: str) -> None:
    assert using(before) == after


EXTENDED = {
    "sorted": ("func, text", "func, select, text"),
    "classes first": ("Column, func", "Column, func, select"),
    "unsorted": ("text, func", "text, func, select"),
    "parentheses": ("(func, text)", "(func, select, text)"),
    "lines": ("(\n    func,  # f\n    text,  # t\n)", "(\n    func,  # f\n    select,\n    text,  # t\n)"),
    "lines, last": ("(\n    and_,  # a\n)", "(\n    and_,  # a\n    select,\n)"),
    "lines without comma": ("(\n    and_\n)", "(\n    and_,\n    select\n)"),
    "under each other": ("(zoo,\n    and_)", "(zoo,\n    and_, select)"),
    "wider than other lines": (
        "BigInteger, Boolean, Column, ForeignKey, Integer, String, UniqueConstraint, and_, bindparam, or_",
        "BigInteger, Boolean, Column, ForeignKey, Integer, String, UniqueConstraint, and_, bindparam, or_, select",
    ),
    "wide": (
        "BigInteger, Boolean, Column, ForeignKey, Integer, String, UniqueConstraint",
        "(\n    BigInteger,\n    Boolean,\n    Column,\n    ForeignKey,\n    Integer,\n    String,\n"
        "    UniqueConstraint,\n    select,\n)",
    ),
}


@pytest.mark.parametrize(("before", "after"), EXTENDED.values(), ids=EXTENDED)
def test_extended(before: str, after: str) -> None:
    assert using(f"from sqlalchemy import {before}{USE}") == f"from sqlalchemy import {after}\nx = select\n"


REMOVED = {
    "whole statement": ("from sqlalchemy.orm import Session\nimport a", "import a"),
    "one of several": ("from sqlalchemy.orm import Query, Session", "from sqlalchemy.orm import Query"),
    "alias": ("from sqlalchemy.orm import Other as Session, Query", "from sqlalchemy.orm import Query"),
    "line": (
        "from sqlalchemy.orm import (\n    Query,  # q\n    Session,\n)",
        "from sqlalchemy.orm import (\n    Query,  # q\n)",
    ),
    "comment": ("from sqlalchemy.orm import Session  # noqa", "from sqlalchemy.orm import Session  # noqa"),
    "comment of a line": (
        "from sqlalchemy.orm import (\n    Session,  # q\n)",
        "from sqlalchemy.orm import (\n    Session,  # q\n)",
    ),
    "in a string": (
        "from sqlalchemy.orm import Session\ny: 'list[Session]' = []",
        "from sqlalchemy.orm import Session\ny: 'list[Session]' = []",
    ),
    "in __all__": (
        "from sqlalchemy.orm import Session\n__all__ = ['Session']",
        "from sqlalchemy.orm import Session\n__all__ = ['Session']",
    ),
    "for type checkers": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from sqlalchemy.orm import Session\n    import a",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import a",
    ),
    "only one for type checkers": (
        "from typing import TYPE_CHECKING, Any\nif TYPE_CHECKING:\n    from sqlalchemy.orm import Session",
        "from typing import Any",
    ),
    "several": (
        "from sqlalchemy.orm import (\n    Query,\n    Session\n)",
        "from sqlalchemy.orm import (\n    Query,\n)",
    ),
    "wrapped": (
        "from sqlalchemy.orm import (Query, Session,\n                            aliased)",
        "from sqlalchemy.orm import (Query,\n                            aliased)",
    ),
    "wrapped, a line of its own": (
        "from sqlalchemy.orm import (Query,\n    Session,\n    aliased)",
        "from sqlalchemy.orm import (Query,\n    aliased)",
    ),
    "wrapped, last": (
        "from sqlalchemy.orm import (Query, aliased,\n    Session)",
        "from sqlalchemy.orm import (Query, aliased)",
    ),
    "an else for others": (
        "from a import TYPE_CHECKING\nif TYPE_CHECKING:\n    from b import Session\nelse:\n    c = 1",
        "from a import TYPE_CHECKING\nif TYPE_CHECKING:\n    from b import Session\nelse:\n    c = 1",
    ),
    "still used": (
        "from sqlalchemy.orm import Session\ny = Session",
        "from sqlalchemy.orm import Session\ny = Session",
    ),
    "bound twice": (
        "try:\n    from a import Session\nexcept E:\n    from b import Session",
        "try:\n    from a import Session\nexcept E:\n    from b import Session",
    ),
}


@pytest.mark.parametrize(("before", "after"), REMOVED.values(), ids=REMOVED)
def test_removed(before: str, after: str) -> None:
    text = f"{before}\ndef f(db: Session, _mark_): pass\n"
    result = rewritten(text, Replace(place(text)("Session, _mark_"), ("int",)))
    assert result == f"{after}\ndef f(db: int): pass\n"


def test_kept_for_others() -> None:
    text = "from a import Session, B\nx = Session\n"
    step = Replace(place(text)("x = Session"), ("x = 1",))
    assert rewritten(text, step) == "from a import B\nx = 1\n"
    assert rewritten(text, step, keep=frozenset({"Session"})) == "from a import Session, B\nx = 1\n"


def test_exchanged() -> None:
    text = "from sqlalchemy.orm import Session\n\ndef f(db: _here_): pass\n"
    assert using(text.replace("_here_", "Session, _: _here_"), ASYNC_SESSION) == (
        "from sqlalchemy.ext.asyncio import AsyncSession\nfrom sqlalchemy.orm import Session\n\n"
        "def f(db: Session, _: AsyncSession): pass\n"
    )
    text = text.replace("_here_", "Session")
    assert rewritten(text, Replace(place(text)("Session", 1), (ASYNC_SESSION,))) == (
        "from sqlalchemy.ext.asyncio import AsyncSession\n\ndef f(db: AsyncSession): pass\n"
    )


def test_two_names_of_one_new_module() -> None:
    text = "a = _one_, _two_\n"
    at = place(text)
    steps = [
        Replace(at("_one_"), (Symbol("sqlalchemy.ext.asyncio", "create_async_engine"),)),
        Replace(at("_two_"), (ASYNC_SESSION,)),
    ]
    assert rewritten(text, *steps) == (
        "from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine\n\n"
        "a = create_async_engine, AsyncSession\n"
    )


def test_before_what_else_is_inserted_there() -> None:
    text = "import b\ndef f(db: Session):\n    pass\n"
    at = place(text)
    steps = [AddAsync(at(text.partition("\n")[2].rstrip())), Replace(at("Session"), (Symbol("c", "Other"),))]
    assert rewritten(text, *steps) == "import b\nfrom c import Other\nasync def f(db: Other):\n    pass\n"

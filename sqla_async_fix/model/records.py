"""What evaluating a body found, for rules and the plan to read: places in the text with what they mean."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from sqla_async_fix.core.steps import Step
from sqla_async_fix.core.value import value
from sqla_async_fix.model.kinds import Kind

if TYPE_CHECKING:
    from sqla_async_fix.model.symbols import Function


class Place(Enum):
    """Where an expression stands, as far as it decides whether an `await` may stand there."""

    BODY = "the body of its function"
    LAMBDA = "a lambda"
    GENERATOR = "a generator expression"
    DEFAULT = "a default value or decorator"
    CLASS = "a class body"
    ISLAND = "a function that is called with a synchronous session"


@value()
class QueryUse:
    """A place where a legacy query is made, extended, ended or let go.

    `origins` are the `.query(...)` sites whose queries may be here. `steps` rewrite the place; `refusal` says why
    none of the queries with these origins can be rewritten. `effect`: the place talks to the database. `made`: the
    place is the `.query(...)` call itself, of `session`. `method` is the method called, or how it is used.
    """

    node: ast.expr
    origins: frozenset[str]
    steps: tuple[Step, ...] = ()
    refusal: str | None = None
    effect: bool = False
    made: bool = False
    method: str = ""
    place: Place = Place.BODY
    session: Kind | None = None


@value()
class DatabaseCall:
    """A call of a member of a session, connection, engine, factory or transaction, or a call that makes one.

    `receiver` is the object's kind, `method` the member (empty for calling a factory or constructor), `result` what the
    call gives, `given` the database objects among its arguments. `streamed`: its statement asks for a result that is
    not buffered. `outside`: `method` is a function from outside, whose first argument is the session.
    """

    node: ast.Call
    receiver: Kind
    method: str
    result: Kind
    awaited: bool
    place: Place
    given: tuple[Kind, ...] = ()
    streamed: bool = False
    outside: bool = False


@value()
class ProjectCall:
    """A call of functions of the project; `targets` are all that it may reach. `complete`: it can reach no other."""

    node: ast.Call
    targets: tuple[Function, ...]
    awaited: bool
    place: Place
    complete: bool = True


@value()
class Loop:
    """An iteration: of a `for` statement, a comprehension or a consuming call (`list(x)`), over `kind`."""

    node: ast.expr
    kind: Kind
    statement: ast.AST
    place: Place


@value()
class Entered:
    """A `with` item over `kind`."""

    node: ast.expr
    kind: Kind
    statement: ast.With | ast.AsyncWith


@value()
class Reference:
    """A function of the project used as a value: `how` it is used, and the outside name it is handed to if there is
    one."""

    node: ast.expr
    function: Function
    how: str
    receiver: str = ""
    argument: str = ""


@value()
class Escape:
    """A session, engine or the like handed to something that is not known; `how` says to what."""

    node: ast.expr
    kind: Kind
    how: str


@value()
class Shown:
    """Entities of mapped classes, `models`, given to a response model, `schema`, or to a template (an empty text),
    which read relationships of theirs. `made`: they may come from a constructor."""

    node: ast.Call
    models: tuple[str, ...]
    schema: str = ""
    made: bool = False


@value()
class Listened:
    """An engine or session whose events are listened to."""

    node: ast.expr
    kind: Kind


@value()
class Passed:
    """A database object given to a function of the project as `parameter`."""

    node: ast.expr
    function: Function
    parameter: str
    kind: Kind


@value()
class Load:
    """A relationship, column or method, `name`, read from an instance of a mapped class `model`.

    `made`: the instance may come from a constructor (methods are recorded for such alone).
    """

    node: ast.Attribute
    model: str
    name: str
    is_relationship: bool
    made: bool = False


@dataclass(slots=True)
class Record:
    """All findings of one body, by the node they stand at; evaluating a node again replaces what it said before.

    `managers` are the calls of `__enter__` and `__exit__` that a `with` makes, `strangers` what is a database object
    only by its annotation and comes from a call that is not known, `handed` are members of something that is not known
    which are handed on as values.
    """

    queries: dict[tuple[ast.AST, str], QueryUse] = field(default_factory=dict)
    database: dict[ast.AST, DatabaseCall] = field(default_factory=dict)
    calls: dict[ast.AST, ProjectCall] = field(default_factory=dict)
    loops: dict[ast.AST, Loop] = field(default_factory=dict)
    entered: dict[ast.AST, Entered] = field(default_factory=dict)
    references: dict[tuple[ast.AST, str], Reference] = field(default_factory=dict)
    escapes: dict[ast.AST, Escape] = field(default_factory=dict)
    loads: dict[tuple[ast.AST, str], Load] = field(default_factory=dict)
    passed: dict[ast.AST, Passed] = field(default_factory=dict)
    unresolved: dict[ast.AST, str] = field(default_factory=dict)
    handed: dict[ast.AST, str] = field(default_factory=dict)
    externals: dict[ast.AST, str] = field(default_factory=dict)
    managers: dict[ast.AST, ProjectCall] = field(default_factory=dict)
    tested: dict[ast.Call, Kind] = field(default_factory=dict)
    strangers: dict[ast.expr, Kind] = field(default_factory=dict)
    inspections: dict[ast.Call, Kind] = field(default_factory=dict)
    listened: dict[ast.AST, Listened] = field(default_factory=dict)
    shown: dict[ast.AST, Shown] = field(default_factory=dict)

    def clear(self) -> None:
        """Forget everything, before the body is evaluated again."""
        for field_name in self.__slots__:
            getattr(self, field_name).clear()

"""Abstract values: what an expression is known to be. How they arise is in the evaluator.

Kinds are frozen and hashable; `Unknown` is a value with a reason, never a guess. SQL kinds are computed by
`model.sql`, those of the legacy query by `model.legacy_query`.
"""

from __future__ import annotations

import ast

from sqla_async_fix.core.steps import Code, Step
from sqla_async_fix.core.value import value


@value()
class Kind:
    """Base of all abstract values."""


@value()
class Unknown(Kind):
    """Nothing is known; `reason` says why, in words for a user."""

    reason: str = ""


UNKNOWN = Unknown()


@value()
class Constant(Kind):
    """A literal None, bool, int, float, str, bytes or Ellipsis; `type_name` keeps `True` and `1` apart."""

    value: object
    type_name: str


NONE = Constant(None, "NoneType")


@value()
class Value(Kind):
    """A plain run-time value that is none of the kinds below: a number, a string, a dict, a loaded attribute."""


VALUE = Value()


@value()
class External(Kind):
    """Something reached through an import from outside the project, by dotted name: `sqlalchemy.orm.Session`."""

    name: str


@value()
class ExternalInstance(Kind):
    """What calling an external returned: `requests.Session()` is `ExternalInstance("requests.Session")`."""

    name: str


@value()
class ModuleRef(Kind):
    """A module of the project, by dotted name."""

    name: str


@value()
class ClassRef(Kind):
    """A class of the project, by qualified name `module.Class`."""

    name: str


@value()
class Instance(Kind):
    """An instance of a project class (for a mapped class: an entity that was loaded or constructed).

    `made`: it may come from a constructor, so that nothing of it has been loaded.
    """

    cls: str
    made: bool = False


@value()
class FunctionRef(Kind):
    """A function of the project by qualified name; `bound` is the receiver of a method taken from an instance or
    class, `given` how many positional arguments `functools.partial` has given it."""

    name: str
    bound: Kind | None = None
    given: int = 0


@value()
class Functions(Kind):
    """One of several functions of the project."""

    options: frozenset[FunctionRef]


@value()
class Sequence(Kind):
    """A list, tuple, set or iterator whose items are all of one kind."""

    item: Kind


@value()
class Lookup(Kind):
    """A dictionary whose values are functions of the project."""

    item: Kind


@value()
class Tuple(Kind):
    """A tuple of known length."""

    items: tuple[Kind, ...]


@value()
class Awaitable(Kind):
    """A coroutine or the like that gives `value` when awaited."""

    value: Kind


@value()
class ContextManager(Kind):
    """An object whose `with` (or `async with`, if `is_async`) binds `value`."""

    value: Kind
    is_async: bool = False


@value()
class Transaction(ContextManager):
    """A transaction or savepoint of a session or connection; entering it binds `value`."""


# --- engine, factory, session, connection --------------------


@value()
class Engine(Kind):
    """An engine; `origin` is the site that made it (`path:offset`), several on a line each, or an empty text."""

    is_async: bool = False
    origin: str = ""


@value()
class Factory(Kind):
    """`sessionmaker(...)`, `async_sessionmaker(...)` or, if `scoped`, a scoped session registry."""

    is_async: bool = False
    scoped: bool = False
    origin: str = ""


@value()
class Session(Kind):
    """An ORM session; `evidence` is how it is known: annotation, factory, import, use, callers."""

    is_async: bool = False
    origin: str = ""
    evidence: str = ""


@value()
class Connection(Kind):
    """A Core connection; `streamed`: its execution options ask for results that are not buffered."""

    is_async: bool = False
    origin: str = ""
    streamed: bool = False


# --- mapped classes and SQL ------------------------------------------------------------------------------------------


@value()
class Alias(Kind):
    """`aliased(Model)`; `site` (`path:offset` of the call) keeps two aliases of one model apart.

    `polymorphic`: it is `with_polymorphic(...)`, so that loader strategies of subclasses count as well.
    """

    model: str
    site: str
    polymorphic: bool = False


@value()
class SqlTable(Kind):
    """A `Table`, subquery or CTE in FROM; `name` is unique for it. `elements` are what a subquery selects, if known."""

    name: str
    elements: tuple[Element, ...] | None = None


@value()
class Attribute(Kind):
    """`Model.attr` (or of an alias or table): a column, relationship, hybrid or unknown member.

    `owner` is the entity key: the model's qualified name, `Alias.site` or the table's name. `model` is the mapped
    class's qualified name (empty for a table). `type` is one of `column`, `relationship`, `composite`, `hybrid`,
    `other`. `target` is the entity key that `of_type()` makes a relationship lead to, else empty. `hashable` and
    `unhashable` (as in SqlExpr) are for the columns of a subquery; those of a mapped class know themselves.
    """

    owner: str
    model: str
    name: str
    type: str
    target: str = ""
    hashable: bool = False
    unhashable: bool = False


@value()
class SqlExpr(Kind):
    """A column-like SQL expression: a comparison, function, label, literal, scalar subquery, exists, ...

    `sources` are the entity keys it reads; `complete` is False when part of it is unknown, so that it may read more.
    `equated` are `(owner, attribute)` pairs that an AND-ed `==` with a value not from SQL (and not the literal None)
    fixes. `name` is the row field name that both legacy and 2.0 rows give it; None when they differ or it is unknown.
    `hashable` is False when its Python value may be a list or dict (JSON, ARRAY, array_agg, json_agg, unknown types).
    `unhashable`: it surely is a list or dict type, for which neither legacy queries nor 2.0 compare values.
    `aggregate`: it is an aggregate function, so that it alone in a SELECT without GROUP BY gives one row.
    `one_row`: it reads no FROM of the statement around it (a literal, `exists()`, a scalar subquery).
    `implicit` is the field name that only 2.0 rows give it (an unlabelled function's), else empty.
    """

    sources: frozenset[str] = frozenset()
    complete: bool = True
    equated: frozenset[tuple[str, str]] = frozenset()
    name: str | None = None
    hashable: bool = True
    unhashable: bool = False
    aggregate: bool = False
    one_row: bool = False
    implicit: str = ""


@value()
class LoaderOption(Kind):
    """`joinedload(...)`, `selectinload(...)`, ...; `joined_collection` is True, False or None (unknown).

    `needs_join`: it is `contains_eager(...)`, which reads a join that the query itself must have.
    """

    joined_collection: bool | None
    needs_join: bool = False


@value()
class Element:
    """One argument of `query(...)` or `select(...)`: `entity` (the entity key) for a mapped class or alias, else a
    column.

    `model` is the mapped class of an entity; `name` the row field name (None when legacy and 2.0 differ or unknown);
    `hashable` and `unhashable` as in SqlExpr; `kind` the argument's kind.
    """

    kind: Kind
    entity: str | None = None
    model: str = ""
    name: str | None = None
    hashable: bool = True
    unhashable: bool = False
    aggregate: bool = False


@value()
class Statement(Kind):
    """A `select()` or DML construct; `elements` is None when unknown. `dml`: insert, update, delete or text.

    `origins` are the sites of the legacy queries that it is the statement of; what takes it in stands or falls with
    them. `streamed`: its execution options ask for a result that is not buffered.
    """

    elements: tuple[Element, ...] | None = None
    dml: bool = False
    origins: frozenset[str] = frozenset()
    streamed: bool = False


@value()
class BuilderCall:
    """A call in a query's chain: `method`, the span of the call, the source text of its arguments.

    `steps` give the call its 2.0 form; whatever ends the chain carries them out, unless the call goes altogether.
    """

    method: str
    span: tuple[int, int]
    arguments: str
    steps: tuple[Step, ...] = ()


@value()
class Query(Kind):
    """A legacy `Query`. All flags are over-approximations ("may") unless said otherwise.

    `origins` are the sites (`path:offset`) of the `.query(...)` calls it may come from; `session` is the text of the
    session expression if it is a name or attribute path that means the same where the query is used, else None.
    `start` is the span start and end of the one `.query(...)` call when this value is still the expression that began
    there. `refusal`: why no use of this query can be rewritten; it spreads to its whole group.

    `froms` are the entity keys in FROM by columns, `select_from()` and joins; `sources` those that criteria read;
    `multiplied` that there may be more than is known. `primary` is the entity that `filter_by()` means before any join
    (`last_joined` after one), with the code to write it; None when unknown. `criteria`: there surely is a WHERE.
    `one_row`: LIMIT 1 surely applies. `calls` is the chain since `start`, empty without one. `ordering` are
    `(owner, attribute)` pairs in ORDER BY. `unchecked`: `enable_assertions(False)`. `function_end` is where the
    function of the call at `start` ends (`db.query|(User)`), `argument_start` where its first argument begins.
    `rebound`: `with_session()` gave it the session that `session` names, or `owner`, code that means the
    same everywhere in the file where the query is made. `given` is what follows `select` where the text does not have
    it: `(User)` for `User.query`. `extra` are the arguments of the call, as written, that are names of nothing known.
    """

    origins: frozenset[str]
    session: str | None
    is_async: bool = False
    elements: tuple[Element, ...] | None = None
    start: tuple[int, int] | None = None
    froms: tuple[str, ...] = ()
    sources: frozenset[str] = frozenset()
    equated: frozenset[tuple[str, str]] = frozenset()
    joined: bool = False
    multiplied: bool = False
    joined_collection: bool = False
    limited: bool = False
    distinct: bool = False
    grouped: bool = False
    ordered: bool = False
    optioned: bool = False
    filtered: bool = False
    select_from: int = 0
    set_operation: bool = False
    from_statement: bool = False
    yield_per: bool = False
    streamed: bool = False
    primary: str | None = None
    primary_code: Code = ()
    last_joined: str | None = None
    joined_code: Code = ()
    criteria: bool = False
    one_row: bool = False
    function_end: int = 0
    argument_start: int = 0
    rebound: bool = False
    owner: Code = ()
    given: Code = ()
    for_update: bool = False
    parameterised: bool = False
    configured: bool = False
    needs_join: bool = False
    labelled: bool = False
    tuples: bool = False
    unchecked: bool = False
    calls: tuple[BuilderCall, ...] = ()
    ordering: frozenset[tuple[str, str]] = frozenset()
    extra: tuple[str, ...] = ()
    refusal: str | None = None


@value()
class Result(Kind):
    """An executed statement's buffered result; `item` is what iterating it gives."""

    item: Kind
    is_async: bool = False


@value()
class Row(Kind):
    """A result row with its elements, None when unknown; `origins` are the sites of the legacy queries that give it."""

    elements: tuple[Element, ...] | None = None
    origins: frozenset[str] = frozenset()


# --- calls --------------------


@value()
class Argument:
    """One argument of a call with its kind; `name` is the keyword, None for a positional one."""

    node: ast.expr
    kind: Kind
    name: str | None = None
    starred: bool = False


@value()
class Outcome:
    """What a call on a query gives: its kind, the steps that rewrite it, or why its group cannot be rewritten.

    `effect` says that the call talks to the database (a terminal).
    """

    kind: Kind
    steps: tuple[Step, ...] = ()
    refusal: str | None = None
    effect: bool = False


@value()
class Never(Kind):
    """No value at all: the kind of what was not evaluated yet, and of the items of an empty list."""


NEVER = Never()


@value()
class Annotation(Kind):
    """A type alias: what is annotated with it is of kind `value`; `metadata` are the kinds of `Annotated`'s further
    arguments."""

    value: Kind
    metadata: tuple[Kind, ...] = ()


@value()
class Dependency(Kind):
    """`Depends(function)` of FastAPI or the like: the framework calls `provider` and passes what it gives."""

    provider: Kind

"""How abstract values join where control flow meets. What they mean is in `kinds`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from sqla_async_fix.model import legacy_query
from sqla_async_fix.model.kinds import (
    NEVER,
    UNKNOWN,
    VALUE,
    Awaitable,
    Connection,
    Constant,
    ContextManager,
    Engine,
    External,
    ExternalInstance,
    Factory,
    FunctionRef,
    Functions,
    Instance,
    Kind,
    LoaderOption,
    Lookup,
    Never,
    Query,
    Result,
    Row,
    Sequence,
    Session,
    Tuple,
    Unknown,
    Value,
)

_DATABASE = (Session, Factory, Engine, Connection)


def join(a: Kind, b: Kind) -> Kind:
    """The least kind that covers both; None beside a known kind is taken for the absence of a value, and what is not
    known beside a database object for another such: `session or SessionLocal()`."""
    if a is b or isinstance(b, Never) or a == b:
        return a
    if isinstance(a, Never):
        return b
    if isinstance(a, Query) and isinstance(b, Query):
        return legacy_query.join(a, b)
    if isinstance(a, Query) or isinstance(b, Query):
        return _query_or_other(a, b)
    if isinstance(a, Unknown) and isinstance(b, _DATABASE):
        return b
    if isinstance(b, Unknown) and isinstance(a, _DATABASE):
        return a
    if _is_none(a) or _is_none(b):
        other = b if _is_none(a) else a
        return VALUE if is_plain(other) else other
    if isinstance(a, (Constant, Value)) and isinstance(b, (Constant, Value)):
        return VALUE
    return _join_alike(a, b)


def _query_or_other(a: Kind, b: Kind) -> Kind:
    query, other = (a, b) if isinstance(a, Query) else (b, a)
    assert isinstance(query, Query)
    if _is_none(other):
        return query
    return replace(query, refusal="the same name also holds something that is not known to be a query; use two names")


def _join_alike(a: Kind, b: Kind) -> Kind:
    if isinstance(a, External) and isinstance(b, External):
        return _either_import(a, b)
    if isinstance(a, Session) and isinstance(b, Session) and a.is_async == b.is_async:
        return Session(a.is_async, _either_origin(a.origin, b.origin), a.evidence or b.evidence)
    if isinstance(a, Instance) and isinstance(b, Instance) and a.cls == b.cls:
        return replace(a, made=True)
    if isinstance(a, (FunctionRef, Functions)) and isinstance(b, (FunctionRef, Functions)):
        return Functions(options_of(a) | options_of(b))
    if isinstance(a, Factory) and isinstance(b, Factory) and (a.is_async, a.scoped) == (b.is_async, b.scoped):
        return replace(a, origin=_either_origin(a.origin, b.origin))
    if isinstance(a, Engine) and isinstance(b, Engine) and a.is_async == b.is_async:
        return replace(a, origin=_either_origin(a.origin, b.origin))
    if isinstance(a, Connection) and isinstance(b, Connection) and a.is_async == b.is_async:
        return replace(a, origin=_either_origin(a.origin, b.origin), streamed=a.streamed or b.streamed)
    if isinstance(a, Sequence) and isinstance(b, Sequence):
        return Sequence(join(a.item, b.item))
    if isinstance(a, (Sequence, Tuple)) and isinstance(b, (Sequence, Tuple)):
        return Sequence(join(item(a), item(b)))
    if isinstance(a, Lookup) and isinstance(b, Lookup):
        return Lookup(join(a.item, b.item))
    if isinstance(a, Awaitable) and isinstance(b, Awaitable):
        return Awaitable(join(a.value, b.value))
    if isinstance(a, ContextManager) and isinstance(b, ContextManager) and a.is_async == b.is_async:
        return ContextManager(join(a.value, b.value), a.is_async)
    if isinstance(a, Result) and isinstance(b, Result) and a.is_async == b.is_async:
        return Result(join(a.item, b.item), a.is_async)
    if isinstance(a, LoaderOption) and isinstance(b, LoaderOption):
        joined = a.joined_collection if a.joined_collection == b.joined_collection else None
        return LoaderOption(joined, a.needs_join or b.needs_join)
    if isinstance(a, Row) and isinstance(b, Row):
        return Row(origins=a.origins | b.origins)
    if isinstance(a, (ExternalInstance, Constant, Value)) and isinstance(b, (ExternalInstance, Constant, Value)):
        return VALUE
    return UNKNOWN


def _either_origin(a: str, b: str) -> str:
    """All sites that may have made an object."""
    return a if a == b else "\n".join(sorted({*a.splitlines(), *b.splitlines()}))


def _either_import(a: External, b: External) -> Kind:
    """One name imported from where it is in this or that version of a library."""
    same = a.name.rsplit(".", 1)[-1] == b.name.rsplit(".", 1)[-1]
    alike = a.name.startswith(("sqlalchemy", "sqlmodel")) == b.name.startswith(("sqlalchemy", "sqlmodel"))
    return a if same and alike else UNKNOWN


def join_all(kinds: Iterable[Kind]) -> Kind:
    """The join of any number of kinds; of none, `NEVER`."""
    joined: Kind = NEVER
    for kind in kinds:
        joined = join(joined, kind)
    return joined


def functions_of(kind: Kind) -> tuple[FunctionRef, ...]:
    """The functions of the project that a value may be, in a fixed order."""
    if isinstance(kind, FunctionRef):
        return (kind,)
    return _ordered(kind.options) if isinstance(kind, Functions) else ()


@lru_cache(maxsize=1024)
def _ordered(options: frozenset[FunctionRef]) -> tuple[FunctionRef, ...]:
    return tuple(sorted(options, key=lambda option: (option.name, str(option.bound))))


def options_of(kind: Kind) -> frozenset[FunctionRef]:
    """The functions of the project that a value may be."""
    if isinstance(kind, FunctionRef):
        return frozenset((kind,))
    return kind.options if isinstance(kind, Functions) else frozenset()


def item(kind: Kind) -> Kind:
    """What iterating a value of this kind gives."""
    if isinstance(kind, (Sequence, Result)):
        return kind.item
    if isinstance(kind, Tuple):
        return join_all(kind.items)
    if isinstance(kind, Row):
        return VALUE
    return UNKNOWN


def is_plain(kind: Kind) -> bool:
    """Whether a kind is a run-time value of Python's own types."""
    if isinstance(kind, ExternalInstance):
        return kind.name.startswith(("builtins.", "datetime.", "decimal.", "uuid."))
    return isinstance(kind, (Constant, Value)) and not _is_none(kind)


def _is_none(kind: Kind) -> bool:
    return kind.__class__ is Constant and kind.value is None


_VAGUE = frozenset({Unknown, Never})


def is_vague(kind: Kind) -> bool:
    """Whether so little is known that evidence by use may decide."""
    return kind.__class__ in _VAGUE or _is_none(kind)

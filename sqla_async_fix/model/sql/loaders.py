"""Loader options and mapper-level loader strategies: whether a collection may be loaded by a JOIN. Nothing else."""

from __future__ import annotations

from sqla_async_fix.model.kinds import Argument, Attribute, LoaderOption
from sqla_async_fix.model.knowledge import sql_constructs as known
from sqla_async_fix.model.sql.expressions import Context


def loader(name: str, args: tuple[Argument, ...], context: Context) -> LoaderOption:
    """The loader option `name(*args)`."""
    if name not in known.JOINED_LOADERS:
        return LoaderOption(False)
    paths = [_is_joined_collection(arg, context) for arg in args if arg.name is None]
    return LoaderOption(_any(paths), needs_join=name == "contains_eager")


def chain(option: LoaderOption, name: str, args: tuple[Argument, ...], context: Context) -> LoaderOption:
    """The loader option `option.name(*args)`."""
    if name == "options":
        more = [arg.kind if isinstance(arg.kind, LoaderOption) else LoaderOption(None) for arg in args]
    else:
        more = [loader(name, args, context)]
    joined = _any([option.joined_collection, *(each.joined_collection for each in more)])
    return LoaderOption(joined, option.needs_join or any(each.needs_join for each in more))


def _any(states: list[bool | None]) -> bool | None:
    return True if True in states else None if None in states else False


def _is_joined_collection(arg: Argument, context: Context) -> bool | None:
    kind = arg.kind
    if not isinstance(kind, Attribute) or arg.starred:
        return None
    mapped = context.mapped(kind.model)
    relationship = mapped.relationships.get(kind.name) if mapped is not None else None
    if relationship is None or relationship.collection is None:
        return None
    if relationship.collection:
        return True
    return loads_collection_by_join(relationship.target, context)


def loads_collection_by_join(model: str, context: Context) -> bool:
    """Whether loading the class may join a collection by its mappers' own loader strategies; True when unknown."""
    seen: set[str] = set()
    pending = [model]
    while pending:
        name = pending.pop()
        if name in seen:
            continue
        seen.add(name)
        mapped = context.mapped(name) if name else None
        if mapped is not None and mapped.stands_for:
            pending.extend(mapped.stands_for)
            continue
        if mapped is None or not mapped.complete:
            return True
        for relationship in mapped.relationships.values():
            if relationship.lazy in (None, "joined"):
                if relationship.collection is not False:
                    return True
                pending.append(relationship.target)
    return False

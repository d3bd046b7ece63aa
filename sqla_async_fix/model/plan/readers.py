"""Which parts of a program a function that reads relationships belongs to. What is done about them is in `loading`."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property

from sqla_async_fix.model.kinds import Awaitable, ContextManager, Instance, Kind, Result, Session, Tuple
from sqla_async_fix.model.kinds import Sequence as SequenceKind
from sqla_async_fix.model.member_syntax import last_name
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.parts import name_of
from sqla_async_fix.model.symbols import Function, Scope
from sqla_async_fix.model.syntax import walk

_LOADERS = frozenset(
    ["selectinload", "joinedload", "subqueryload", "immediateload", "contains_eager", "selectin_polymorphic", "refresh"]
)
"""What names relationships to load."""

ASYNCHRONOUS = "asynchronous"
"""The group of what is read in code that is asynchronous already."""


class Readers:
    """Readers that do not reach the database themselves are traced to the functions that use them."""

    def __init__(self, colours: Colours) -> None:
        self._colours = colours

    def groups(self, function: Function, model: str, name: str) -> Iterator[str]:
        """The groups that make the load of a relationship happen where nothing can be loaded; none if it stays in
        synchronous code.

        A method of the model itself that nobody else calls does not count. Who reads for callers that are not known may
        be given what any changing part loads.
        """
        if function in self._colours.reasons or _waits(function):
            if function in self._colours.reasons or name not in self.loaded_by_options:
                yield self._group(function)
            return
        seen: set[Scope] = {function}
        pending: list[Scope] = [function]
        found: dict[str, None] = {}
        known = True
        while pending:
            user = pending.pop()
            above = [*self._users[user]] if isinstance(user, Function) else []
            known = known and bool(above)
            for each in above:
                if isinstance(each, Function) and (each in self._colours.reasons or _waits(each)):
                    if each in self._colours.reasons or name not in self.loaded_by_options:
                        found[self._group(each)] = None
                elif each not in seen and not self._colours.is_island(each):
                    seen.add(each)
                    pending.append(each)
        if not found and not known and any(user.cls is None or user.cls.name != model for user in seen):
            found = dict.fromkeys(self.loading(model))
        yield from found

    @cached_property
    def loaded_by_options(self) -> frozenset[str]:
        """The names that options of statements and `refresh()` give, which asynchronous code has thought of."""
        found: set[str] = set()
        for module in self._colours.project.live_modules():
            if any(module.mentions(word) for word in _LOADERS):
                for call in walk(module.tree):
                    if isinstance(call, ast.Call) and last_name(call.func) in _LOADERS:
                        for node in (each for argument in (*call.args, *call.keywords) for each in walk(argument)):
                            if isinstance(node, ast.Attribute):
                                found.add(node.attr)
                            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                                found.add(node.value)
        return frozenset(found)

    def _group(self, function: Function) -> str:
        return name_of(self._colours.parts.leader(function)) if function in self._colours.reasons else ASYNCHRONOUS

    @cached_property
    def _users(self) -> defaultdict[Function, dict[Scope, None]]:
        """The bodies that call a function or hand it on."""
        found: defaultdict[Function, dict[Scope, None]] = defaultdict(dict)
        for scope in self._colours.scopes():
            for call in scope.record.calls.values():
                for target in call.targets:
                    found[target][scope] = None
            for reference in scope.record.references.values():
                found[reference.function][scope] = None
            if isinstance(scope, Function) and isinstance(scope.parent, Function):
                found[scope][scope.parent] = None
        return found

    def loading(self, model: str) -> Iterator[str]:
        """The groups whose functions hold instances of a model, or of others that lead to it by relationships."""
        for function, models in self._held.items():
            if any(model in self._reached_from(each) for each in models):
                yield self._group(function)

    @cached_property
    def _held(self) -> dict[Function, frozenset[str]]:
        return {
            function: frozenset(model for kind in _kinds(function) for model in _models(kind))
            for function in self._colours.reasons
        }

    def _reached_from(self, model: str) -> frozenset[str]:
        pending, seen = [model], {model}
        while pending:
            for info in (*self._colours.project.mro(pending[-1]), *self._colours.project.subclasses(pending.pop())):
                mapped = self._colours.project.mapped(info.name)
                found = {each.target for each in mapped.relationships.values()} if mapped is not None else set()
                pending.extend(each for each in {info.name, *found} - seen if each)
                seen |= {info.name, *found}
        return frozenset(seen)


def _waits(function: Function) -> bool:
    """Whether a function has an asynchronous session at hand."""
    held = (*function.parameters.values(), *function.names.values())
    used = (call.receiver for call in function.record.database.values())
    return function.is_async and any(isinstance(kind, Session) and kind.is_async for kind in (*held, *used))


def _kinds(function: Function) -> Iterator[Kind]:
    """The kinds of all that a function is given, names, gets from the database, iterates or gives."""
    yield from (*function.names.values(), *function.parameters.values(), function.returns, function.yields)
    yield from (call.result for call in function.record.database.values())
    yield from (loop.kind for loop in function.record.loops.values())


def _models(kind: Kind) -> Iterator[str]:
    if isinstance(kind, Instance):
        yield kind.cls
    elif isinstance(kind, (SequenceKind, Result)):
        yield from _models(kind.item)
    elif isinstance(kind, (Awaitable, ContextManager)):
        yield from _models(kind.value)
    elif isinstance(kind, Tuple):
        for item in kind.items:
            yield from _models(item)

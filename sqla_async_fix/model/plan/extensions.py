"""Sessions that an extension makes and closes, whose colour is not the project's to change."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sqla_async_fix.core.span import Span
from sqla_async_fix.model.knowledge.flask_sqlalchemy import SESSION_ORIGIN
from sqla_async_fix.model.module import Module
from sqla_async_fix.model.plan.colours import Colours
from sqla_async_fix.model.plan.operations import operations, origins
from sqla_async_fix.model.plan.parts import Node
from sqla_async_fix.model.symbols import Scope

_SITE = f"origin:{SESSION_ORIGIN}"
_REASON = (
    "the session is Flask-SQLAlchemy's, which has no asynchronous one; queries get 2.0 style, and for more the views "
    "have to move to an asynchronous framework with an `async_sessionmaker` of its own"
)


def obstacles(colours: Colours) -> Iterator[tuple[Node, Module, Span, str]]:
    """The first place that uses Flask-SQLAlchemy's session: everything that does so hangs together."""
    for scope in colours.scopes():
        for node in _uses(scope) if not colours.is_island(scope) else ():
            yield _SITE, scope.module, scope.module.span(node), _REASON
            return


def _uses(scope: Scope) -> Iterator[ast.AST]:
    yield from (call.node for call in operations(scope) if _SITE in origins(call.receiver))
    for use in scope.record.queries.values():
        if use.session is not None and _SITE in origins(use.session):
            yield use.node

"""What SQL constructs are known to be: from kinds and syntax to kinds. Legacy queries are in `legacy_query`."""

from __future__ import annotations

from sqla_async_fix.model.sql.calls import call
from sqla_async_fix.model.sql.expressions import (
    Context,
    as_expression,
    attribute,
    element,
    elements,
    entity_key,
    is_sql,
    is_value,
    site,
    subscript,
)
from sqla_async_fix.model.sql.methods import method
from sqla_async_fix.model.sql.operators import operator

__all__ = [
    "Context",
    "as_expression",
    "attribute",
    "call",
    "element",
    "elements",
    "entity_key",
    "is_sql",
    "is_value",
    "method",
    "operator",
    "site",
    "subscript",
]

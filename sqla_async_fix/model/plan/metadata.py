"""What a call on metadata, such as `create_all`, becomes on an asynchronous engine. Where it goes is in `tables`."""

from __future__ import annotations

import ast

from sqla_async_fix.model.kinds import Connection
from sqla_async_fix.model.module import Module
from sqla_async_fix.model.records import DatabaseCall


def awaited_lines(module: Module, operation: DatabaseCall, indent: str) -> str:
    """The statements that do the same on an asynchronous engine or connection, the first one without indentation."""
    node = operation.node
    bind = next(arg for arg in [*(k for k in node.keywords if k.arg == "bind"), *node.args])
    bind_node = bind.value if isinstance(bind, ast.keyword) else bind
    text = module.source(bind_node)
    if (
        isinstance(bind_node, ast.Call)
        and isinstance(bind_node.func, ast.Attribute)
        and bind_node.func.attr == "get_bind"
    ):
        text = f"{module.source(bind_node.func.value)}.bind"
    rest = [module.source(arg) for arg in node.args if arg is not bind]
    rest += [f"{k.arg}={module.source(k.value)}" for k in node.keywords if k is not bind and k.arg]
    call = ", ".join([module.source(node.func), *rest])
    if isinstance(operation.given[0], Connection):
        return f"await {text}.run_sync({call})"
    newline = module.newline
    unit = "\t" if "\n\t" in module.text and "\n    " not in module.text else "    "
    return f"async with {text}.begin() as conn:{newline}{indent}{unit}await conn.run_sync({call})"

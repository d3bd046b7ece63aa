"""Takes the colour out of asynchronous SQLAlchemy code, word by word: no `async`, no `await`, the synchronous twins of
names. What comes out is compared or migrated elsewhere."""

from __future__ import annotations

import ast
import re
from typing import TypeVar

_HOMES = {
    "AsyncSession": ("Session", "sqlalchemy.orm"),
    "async_sessionmaker": ("sessionmaker", "sqlalchemy.orm"),
    "async_scoped_session": ("scoped_session", "sqlalchemy.orm"),
    "create_async_engine": ("create_engine", "sqlalchemy"),
    "async_engine_from_config": ("engine_from_config", "sqlalchemy"),
    "AsyncEngine": ("Engine", "sqlalchemy"),
    "AsyncConnection": ("Connection", "sqlalchemy"),
    "AsyncTransaction": ("Transaction", "sqlalchemy"),
    "asynccontextmanager": ("contextmanager", "contextlib"),
    "AsyncExitStack": ("ExitStack", "contextlib"),
    "AbstractAsyncContextManager": ("AbstractContextManager", "contextlib"),
    "AsyncGenerator": ("Generator", ""),
    "AsyncIterator": ("Iterator", ""),
    "AsyncIterable": ("Iterable", ""),
    "AsyncContextManager": ("ContextManager", ""),
    "AsyncMock": ("Mock", ""),
}
"""The synchronous twin of a name and the module that has it; an empty one where it is the same."""

_METHODS = {
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__aiter__": "__iter__",
    "__anext__": "__next__",
    "aclose": "close",
    "stream_scalars": "scalars",
    "stream": "execute",
}
_INNER = ("sync_session", "sync_engine", "sync_connection")
_BUILTINS = {"anext": "next", "aiter": "iter"}
_DRIVER = re.compile(r"^(sqlite|postgresql|mysql)\+(?:aiosqlite|asyncpg|aiomysql|asyncmy)\b")
_MARKS = ("pytest.mark.asyncio", "pytest.mark.anyio")
_FIXTURES = "pytest_asyncio.fixture"

_Definition = TypeVar("_Definition", ast.FunctionDef, ast.AsyncFunctionDef)


def without_colour(text: str) -> str:
    """The text of a file without its colour; comments and layout are lost. Raises SyntaxError."""
    return ast.unparse(drained(ast.parse(text))) + "\n"


def drained(tree: ast.AST) -> ast.AST:
    """A tree without its colour; the tree itself is used up."""
    drain: ast.AST = _Drain().visit(tree)
    return ast.fix_missing_locations(drain)


class _Drain(ast.NodeTransformer):
    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self.visit_FunctionDef(ast.FunctionDef(**vars(node)))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name = _METHODS.get(node.name, node.name)
        node.decorator_list = [
            each
            for each in node.decorator_list
            if not ast.unparse(each.func if isinstance(each, ast.Call) else each).startswith(_MARKS)
        ]
        return self.generic_visit(node)

    def visit_AsyncFor(self, node: ast.AsyncFor) -> ast.AST:
        return self.generic_visit(ast.For(**vars(node)))

    def visit_AsyncWith(self, node: ast.AsyncWith) -> ast.AST:
        return self.generic_visit(ast.With(**vars(node)))

    def visit_Await(self, node: ast.Await) -> ast.AST:
        value: ast.AST = self.visit(node.value)
        return value

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        node.is_async = 0
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if method == "run_sync" and isinstance(node.func, ast.Attribute) and node.args:
            return ast.Call(node.args[0], [node.func.value, *node.args[1:]], node.keywords)
        if ast.unparse(node.func) == "asyncio.run" and len(node.args) == 1:
            return node.args[0]
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        if ast.unparse(node) == _FIXTURES:
            return ast.Attribute(ast.Name("pytest", ast.Load()), "fixture", ast.Load())
        if node.attr in _INNER:
            return node.value
        node.attr = _HOMES.get(node.attr, (_METHODS.get(node.attr, node.attr), ""))[0]
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = _HOMES.get(node.id, (_BUILTINS.get(node.id, node.id), ""))[0]
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        was_generator = ast.unparse(node.value).endswith("AsyncGenerator")
        self.generic_visit(node)
        if was_generator and isinstance(node.slice, ast.Tuple) and len(node.slice.elts) == 2:
            node.slice.elts.append(ast.Constant(None))
        return node

    def visit_Import(self, node: ast.Import) -> ast.AST:
        for alias in node.names:
            if alias.name == "pytest_asyncio":
                alias.name = "pytest"
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | list[ast.AST]:
        by_module: dict[str, list[ast.alias]] = {}
        for alias in node.names:
            name, home = _HOMES.get(alias.name, (alias.name, ""))
            home = home if (node.module or "").startswith(("sqlalchemy", "sqlmodel", "contextlib")) else ""
            by_module.setdefault(home or node.module or "", []).append(ast.alias(name, alias.asname))
        return [ast.ImportFrom(module or None, names, node.level) for module, names in by_module.items()]

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, str):
            node.value = _DRIVER.sub(r"\1", node.value)
        return node

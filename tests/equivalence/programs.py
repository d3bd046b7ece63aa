"""Programs as texts: a body becomes a module, a module's text becomes a live `run`. Running it is in `harness`."""

from __future__ import annotations

import ast
import builtins
import sys
import textwrap
import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy
import sqlalchemy.exc
import sqlalchemy.orm

from . import models

MODELS = Path(models.__file__).read_text(encoding="utf-8")
"""The text of `models`, which is a file of every project that is given to the tool."""

DATABASE = '''\
"""The engine and the sessions of the application."""

from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import StaticPool

engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)
SessionLocal = sessionmaker(bind=engine)
'''
"""A file with an engine and a factory, for programs whose `run` takes no session."""

Files = Mapping[str, str]


def module_text(body: str) -> str:
    """A whole module from a program's body: `run(s)` around it unless it has one, and the imports it needs.

    The value of a last line that is an expression is returned.
    """
    body = textwrap.dedent(body).strip("\n") + "\n"
    tree = ast.parse(body)
    if not any(isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == "run" for node in tree.body):
        if isinstance(tree.body[-1], ast.Expr):
            lines = body.splitlines(keepends=True)
            last = tree.body[-1].lineno - 1
            body = "".join([*lines[:last], "return ", *lines[last:]])
        body = "def run(s):\n" + textwrap.indent(body, "    ")
    return "\n\n".join(part for part in (_imports(body), body) if part)


def _imports(text: str) -> str:
    """Import lines for the names of SQLAlchemy and of the models that `text` uses and does not bind itself."""
    tree = ast.parse(text)
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    bound = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    bound |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            bound.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            bound |= {alias.asname or alias.name for alias in node.names}
    free = names - bound - set(vars(builtins))
    lines = []
    for module, offered in _offers():
        found = sorted(free & offered)
        free -= offered
        if found:
            lines.append(f"from {module} import {', '.join(found)}\n")
    return "".join(lines)


@cache
def _offers() -> tuple[tuple[str, frozenset[str]], ...]:
    """Which module a name is imported from, in the order in which the modules are asked and imported."""
    mapped = {name for name, value in vars(models).items() if getattr(value, "__module__", "") == models.__name__}
    return (
        ("sqlalchemy", _public(sqlalchemy) | {"event", "exc"}),
        ("sqlalchemy.exc", _public(sqlalchemy.exc)),
        ("sqlalchemy.orm", _public(sqlalchemy.orm)),
        ("database", frozenset({"engine", "SessionLocal"})),
        ("models", frozenset(mapped | {"Base", "purchase_products"})),
    )


def _public(module: types.ModuleType) -> frozenset[str]:
    found = {n for n, v in vars(module).items() if not n.startswith("_") and not isinstance(v, types.ModuleType)}
    return frozenset(found)


@cache
def models_module(text: str) -> types.ModuleType:
    """The models, which are mapped once for every text that the tool makes of them."""
    if text == MODELS:
        return models
    module = types.ModuleType("models")
    outer = sys.modules.get("models")
    sys.modules["models"] = module  # annotations of mapped columns are looked up in the module of their class
    try:
        exec(compile(text, "models.py", "exec"), module.__dict__)
    finally:
        if outer is None:
            del sys.modules["models"]
        else:
            sys.modules["models"] = outer
    return module


@contextmanager
def loaded(files: Files) -> Iterator[dict[str, types.ModuleType]]:
    """Modules of `files` under their own names, importable while the block runs: programs import in functions."""
    names = [Path(path).stem for path in files]
    kept = {name: sys.modules.pop(name, None) for name in names}
    modules: dict[str, types.ModuleType] = {}
    try:
        for name in sorted(names, key=("models", "database").__contains__, reverse=True):
            text = files[f"{name}.py"]
            module = models_module(text) if name == "models" else types.ModuleType(name)
            sys.modules[name] = modules[name] = module
        for name in ("database", *(name for name in names if name not in ("models", "database"))):
            if name in modules:
                exec(compile(files[f"{name}.py"], f"{name}.py", "exec"), modules[name].__dict__)
        yield modules
    finally:
        for name, outer in kept.items():
            sys.modules.pop(name, None)
            if outer is not None:
                sys.modules[name] = outer


def entry(modules: Mapping[str, types.ModuleType]) -> Callable[..., Any]:
    """The function that a program is run by."""
    run: Callable[..., Any] = modules["program"].__dict__["run"]
    return run

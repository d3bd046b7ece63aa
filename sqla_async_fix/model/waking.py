"""Which files and bodies are worth a look: those with words that have to do with databases.

What is found in them is the solver's.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator

from sqla_async_fix.model.module import Module
from sqla_async_fix.model.project import Project
from sqla_async_fix.model.regions import near
from sqla_async_fix.model.symbols import Function

_LIBRARY = re.compile(r"sqlalchemy|sqlmodel")
_USES = re.compile(
    r"^[ \t]*(?:from|import)[ \t]+\w*(?:sqlalchemy|sqlmodel)|__tablename__|__table__|\.Model\b", re.MULTILINE
)
_USED = ("sqlalchemy", "sqlmodel", "__table", ".Model")
"""What stands in every text that `_USES` finds something in."""

_METHODS = """
    query execute scalar scalars commit rollback flush refresh merge expunge add_all begin_nested run_sync
    bulk_save_objects bulk_insert_mappings bulk_update_mappings create_all drop_all
    """.split()
_MAKERS = """
    create_engine create_async_engine sessionmaker async_sessionmaker scoped_session async_scoped_session Session
    AsyncSession AsyncEngine Query
    """.split()


def both(name: str) -> tuple[str, str]:
    """A name by itself and as a member."""
    return name, f".{name}"


_WORDS = frozenset((*(f".{name}" for name in _METHODS), *(word for name in _MAKERS for word in both(name))))
"""Words without which a body of a project that uses SQLAlchemy is not looked at unless something wakes it."""

_GET = re.compile(r"\.get(?:_one)?\(\s*(?:\w+\.)*[A-Z]\w*,")
"""`session.get(User, key)`, whose name alone says too little."""

_FIRST = ("sqlalchemy", "sqlmodel", *sorted((*_METHODS, *_MAKERS)))
"""What a file has that is looked at from the start."""


def concerns_databases(project: Project) -> bool:
    """Whether any file of a project names SQLAlchemy at all."""
    return any(_LIBRARY.search(module.text) for module in project.modules.values())


class Waking:
    """The words that are awake in a project, and what they make worth a look."""

    def __init__(self, project: Project) -> None:
        self._project = project
        modules = project.modules.values()
        options = project.options
        self._own = (*options.session_names, *(name.rpartition(".")[2] for name in options.session_factories))
        self._near = near(modules, project.names, frozenset(m.path for m in modules if self._uses(m)))
        self._awake: set[str] = set()
        self._fresh: set[str] = set()
        self._considered: set[str] = set()
        self._hits: dict[str, list[int]] = {}

    def begin(self) -> None:
        """Wake what names the library's own members, and what the settings name."""
        self.wake({*_WORDS, *(word for name in self._own for word in both(name))})

    def wake(self, words: Iterable[str]) -> bool:
        """Words that matter, the bare ones by themselves, those behind a dot as members. Gives whether there is a new
        one among them."""
        self._hits.clear()
        self._fresh = set(words) - self._awake
        self._wake_aliases()
        self._awake |= self._fresh
        return bool(self._fresh)

    def _wake_aliases(self) -> None:
        """What imports know a fresh word by is fresh as well, and what imports know that by."""
        modules = self._project.modules.values() if self._fresh else ()
        renamed = [pair for module in modules for pair in module.aliases]
        known = self._fresh | self._awake
        while found := {alias for name, alias in renamed if name in self._fresh and alias not in known}:
            words = {word for alias in found for word in both(alias)}
            self._fresh |= words
            known |= words

    def modules(self) -> Iterator[Module]:
        """The files that are to be looked at and were not yet."""
        for module in self._project.modules.values():
            if module.path not in self._project.scopes and self._concerns_module(module):
                yield module

    def functions(self) -> list[Function]:
        """The functions of the files known by now that are to be evaluated and were not yet."""
        functions = list(self._project.functions.values())
        found = [function for function in functions if not function.evaluated and self._concerns(function)]
        self._considered.update(self._project.scopes)
        return found

    def _uses(self, module: Module) -> bool:
        """Whether a file has to do with a database by itself, or by what the settings say."""
        text = module.text
        if any(word in text for word in _USED) and _USES.search(text):
            return True
        return any(word in text for word in self._own)

    def _concerns_module(self, module: Module) -> bool:
        if not self._considered:
            if module.path not in self._near:
                return False
            return any(word in module.text for word in (*_FIRST, *self._own)) or bool(_GET.search(module.text))
        return not self._words(module).isdisjoint(module.words)

    def _concerns(self, function: Function) -> bool:
        """Whether a function's text, decorators included, has a word that was not awake when it was considered."""
        hits = self._hits.get(function.module.path)
        if hits is None:
            hits = self._hits[function.module.path] = self._places(function.module)
        if not hits:
            return False
        index = bisect_left(hits, function.extent.start)
        return index < len(hits) and hits[index] < function.extent.end

    def _words(self, module: Module) -> set[str]:
        """The words that concern a file; those of databases do only near one that uses SQLAlchemy."""
        return self._awake if module.path in self._near else self._awake - _WORDS

    def _places(self, module: Module) -> list[int]:
        if module.path in self._considered:
            return module.places(self._fresh & module.words)
        found = module.places(self._words(module) & module.words)
        if module.path not in self._near or ".get" not in module.text:
            return found
        return sorted((*found, *(match.start() for match in _GET.finditer(module.text))))

"""One import statement: the names it binds, and its text with names more or less. Where a new one goes is not here."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import libcst as cst
from libcst.helpers import get_full_name_for_node

from sqla_async_codemods._draft import Break, Draft
from sqla_async_codemods._layout import Layout
from sqla_async_codemods._tree import Tree
from sqla_async_fix.core.span import Span


class ImportStatement:
    """A module-level import.

    `runs` is False where it may not run: under a condition or in a `try`. `guard` is the `if TYPE_CHECKING:` around it.
    `keeps_names` may be set where nothing may be taken out.
    """

    def __init__(
        self, tree: Tree, node: cst.Import | cst.ImportFrom, line: cst.SimpleStatementLine, runs: bool
    ) -> None:
        self._tree = tree
        self._node = node
        self._line = line
        self.runs = runs
        self.guard = _guard(tree, line)
        self.keeps_names = False
        self.span = tree.span(node)
        self.is_from = isinstance(node, cst.ImportFrom)
        self.module = _module_of(node) if isinstance(node, cst.ImportFrom) else ""
        self._added: list[tuple[str, str]] = []

    @property
    def alone(self) -> bool:
        """Whether no other statement shares the line."""
        return len(self._line.body) == 1

    @property
    def block(self) -> cst.CSTNode | None:
        """The block of statements that it stands in."""
        return self._tree.parent(self._line)

    def precedes(self, offset: int) -> bool:
        """Whether code at `offset` runs only after this import in a block of a function: it is further down there."""
        block = self.block
        if not isinstance(block, cst.IndentedBlock) or isinstance(self._tree.parent(block), cst.ClassDef):
            return False
        return self.span.end <= offset <= self._tree.span(block.body[-1]).end

    @property
    def _aliases(self) -> list[cst.ImportAlias]:
        return [] if isinstance(self._node.names, cst.ImportStar) else list(self._node.names)

    def modules(self) -> list[str]:
        """The modules that the statement imports or imports from."""
        return [self.module] if self.is_from else [_dotted(alias.name) for alias in self._aliases]

    def names(self) -> Iterator[tuple[str, str, str]]:
        """For each name: the module, the name in it (empty for a module itself), and the name bound here."""
        for alias in self._aliases:
            name = _dotted(alias.name)
            local = _local(alias)
            if self.is_from:
                yield self.module, name, local or name
            else:
                yield name, "", local or name.partition(".")[0]

    def prefixes(self, module: str) -> Iterator[str]:
        """The expressions by which code reaches the members of `module` through this statement."""
        parent, _, last = module.rpartition(".")
        for alias in self._aliases:
            name, local = _dotted(alias.name), _local(alias)
            if self.is_from:
                if self.module == parent and name == last:
                    yield local or name
            elif local is not None:
                if name == module:
                    yield local
            elif name == module or name.startswith(f"{module}."):
                yield module

    def extends(self, module: str) -> bool:
        """Whether further names of `module` can be added here for the whole file."""
        return self.runs and self.takes_names_of(module)

    def takes_names_of(self, module: str) -> bool:
        """Whether it imports names of `module`, one by one."""
        return self.is_from and self.module == module and bool(self._aliases)

    def add(self, name: str, local: str) -> None:
        """Have a name added when the statement is written."""
        self._added.append((name, local))

    # --- writing -----------------------------------------------------------------------------------------------------

    def _gone(self, unused: frozenset[str]) -> list[int]:
        """The indexes of the names that go."""
        if self.keeps_names:
            return []
        locals_ = [local for _, _, local in self.names()]
        return [
            index for index, local in enumerate(locals_) if local in unused and self._droppable(self._aliases[index])
        ]

    def vanishes(self, unused: frozenset[str]) -> bool:
        """Whether the whole statement goes."""
        whole = not self._added and bool(self._aliases) and len(self._gone(unused)) == len(self._aliases)
        return whole and self.alone and "#" not in self._tree.slice(self._tree.whole_lines(self._node))

    def draft(self, draft: Draft, unused: frozenset[str], layout: Layout) -> None:
        """Draft the statement with the names added, and without those of `unused` where no comment is lost."""
        aliases, gone = self._aliases, self._gone(unused)
        if not gone and not self._added:
            return
        if self.vanishes(unused):
            draft.delete(self._tree.whole_lines(self._node))
        elif len(gone) == len(aliases) and not self._added:
            return
        elif self._one_per_line() and len(gone) < len(aliases):
            self._draft_lines(draft, gone)
        elif "#" not in self._tree.slice(self.span) and "\\" not in self._tree.slice(self.span):
            if gone and not self._added and self._tree.several_lines(self.span):
                self._drop_between(draft, gone)
            elif gone or not self._draft_between(draft, layout.limit):
                self._draft_whole(draft, gone, layout.limit)
        elif self._added:
            last = self._tree.span(aliases[-1])
            draft.insert(last.end, "".join(f", {_written(*added)}" for added in self._added))

    def _droppable(self, alias: cst.ImportAlias) -> bool:
        if (
            not (self.runs or self.guard is not None)
            or self.module == "__future__"
            or (not self.is_from and "." in _dotted(alias.name))
        ):
            return False
        span = self._tree.span(alias)
        return "#" not in self._tree.text[span.end : self._tree.line_end(span.end)]

    def _one_per_line(self) -> bool:
        tree = self._tree
        return tree.several_lines(self.span) and all(
            tree.starts_line(tree.span(alias).start) for alias in self._aliases
        )

    def _draft_lines(self, draft: Draft, gone: list[int]) -> None:
        tree, aliases = self._tree, self._aliases
        for index in gone:
            draft.delete(tree.whole_lines(aliases[index]))
        stays = [alias for index, alias in enumerate(aliases) if index not in gone]
        key = sort_key([_dotted(alias.name) for alias in aliases])
        for name, local in sorted(self._added, key=lambda added: key(added[0])):
            after = next((alias for alias in aliases if key(_dotted(alias.name)) > key(name)), None)
            margin = tree.margin(tree.span(aliases[0]).start)
            if after is not None:
                draft.insert(tree.line_start(tree.span(after).start), f"{margin}{_written(name, local)},\n")
                continue
            last = stays[-1]
            comma = isinstance(last.comma, cst.Comma)
            end = tree.span(last).end
            if comma:
                draft.insert(tree.line_end(end), Break(end), _written(name, local), ",")
            else:
                draft.insert(end, ",", Break(end), _written(name, local))

    def _draft_between(self, draft: Draft, limit: int) -> bool:
        """The names more on their lines of several, or on new ones below those; whether that was done."""
        tree, aliases = self._tree, self._aliases
        if not tree.several_lines(self.span):
            return False
        key = sort_key([_dotted(alias.name) for alias in aliases])
        after: dict[int, list[str]] = {}
        for name, local in sorted(self._added, key=lambda added: key(added[0])):
            before = [index for index, alias in enumerate(aliases) if key(_dotted(alias.name)) < key(name)]
            after.setdefault(before[-1] if before else -1, []).append(_written(name, local))
        first = [tree.span(alias).start for alias in aliases if tree.starts_line(tree.span(alias).start)]
        column = (first[-1] if first else tree.span(aliases[0]).start) - tree.line_start(
            (first or [self.span.start])[-1]
        )
        for index, names in after.items():
            start = tree.span(aliases[max(index, 0)]).start
            if index < 0:
                draft.insert(start, "".join(f"{name}, " for name in names))
                continue
            end = start + len(tree.slice(tree.span(aliases[index])).rstrip(", \t\r\n"))
            added = ", ".join(names)
            fits = tree.line_end(end) - tree.line_start(end) + len(added) + 2 <= limit
            draft.insert(end, f", {added}" if fits else f",\n{' ' * column}{added}")
        return True

    def _drop_between(self, draft: Draft, gone: list[int]) -> None:
        """Names less on their lines of several."""
        tree = self._tree
        spans = [tree.span(alias) for alias in self._aliases]
        ends = [span.start + len(tree.slice(span).rstrip(", \t\r\n")) for span in spans]
        kept = [index for index in range(len(spans)) if index not in gone]
        for index in gone:
            before = [each for each in kept if each < index]
            after = next((each for each in kept if each > index), None)
            beside = after is not None and not tree.several_lines(Span(spans[index].start, spans[after].start))
            if after is not None and (beside or not before):
                draft.delete(Span(spans[index].start, spans[after].start))
            else:
                draft.delete(Span(ends[before[-1]], ends[index]))

    def _draft_whole(self, draft: Draft, gone: list[int], limit: int) -> None:
        tree, aliases = self._tree, self._aliases
        kept = [alias for index, alias in enumerate(aliases) if index not in gone]
        names = [(_dotted(alias.name), tree.slice(tree.span(alias)).rstrip(", \t\r\n")) for alias in kept]
        key = sort_key([name for name, _ in names])
        for name, local in self._added:
            place = next((index for index, (found, _) in enumerate(names) if key(found) > key(name)), len(names))
            names.insert(place, (name, _written(name, local)))
        if isinstance(self._node, cst.Import):
            draft.replace(self.span, "import " + ", ".join(text for _, text in names))
            return
        start = tree.span(aliases[0]).start
        if self._node.lpar is not None:
            start = tree.text.rindex("(", 0, start)
        head = tree.text[self.span.start : start]
        joined = ", ".join(text for _, text in names)
        old_width = tree.line_end(self.span.end) - tree.line_start(self.span.start)
        width = self.span.start - tree.line_start(self.span.start) + len(head) + len(joined)
        if self._node.lpar is not None:
            joined, width = f"({joined})", width + 2
        if tree.several_lines(self.span) or old_width <= limit < width:
            pieces = [piece for _, text in names for piece in (Break(self.span.start, 1), f"{text},")]
            draft.replace(Span(start, self.span.end), "(", *pieces, Break(self.span.start), ")")
        else:
            draft.replace(Span(start, self.span.end), joined)


def _guard(tree: Tree, line: cst.SimpleStatementLine) -> cst.If | None:
    block = tree.parent(line)
    guard = tree.parent(block) if block is not None else None
    if not isinstance(guard, cst.If) or guard.body is not block or not isinstance(tree.parent(guard), cst.Module):
        return None
    return guard if _dotted(guard.test).rpartition(".")[2] == "TYPE_CHECKING" else None


def _module_of(node: cst.ImportFrom) -> str:
    return "." * len(node.relative) + (_dotted(node.module) if node.module is not None else "")


def _dotted(node: cst.CSTNode) -> str:
    return get_full_name_for_node(node) or ""


def _local(alias: cst.ImportAlias) -> str | None:
    if alias.asname is None or not isinstance(alias.asname.name, cst.Name):
        return None
    return alias.asname.name.value


def _written(name: str, local: str) -> str:
    return name if name == local else f"{name} as {local}"


def by_type(name: str) -> tuple[int, str]:
    """Constants, classes, variables: isort's default order."""
    group = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return group, name.lower()


def sort_key(names: list[str]) -> Callable[[str], tuple[int, str]]:
    """The order that the names are in; where they are in none, every other name comes last."""

    def ignoring_case(name: str) -> tuple[int, str]:
        return 0, name.lower()

    def plain(name: str) -> tuple[int, str]:
        return 0, name

    for key in (by_type, ignoring_case, plain):
        if [*map(key, names)] == sorted(map(key, names)):
            return key
    return lambda name: (0, "") if name in names else (1, name.lower())

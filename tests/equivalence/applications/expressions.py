"""Random expressions of a wanted type, with database calls anywhere in them. Statements are in `statements`."""

from __future__ import annotations

from .queries import Queries
from .units import ITEMS, Place, Type

_LEAVES: dict[Type, tuple[str, ...]] = {
    "int": ("0", "1", "2", "3"),
    "str": ("'a'", "'Ann'", "'Dune'", "''"),
    "bool": ("True", "False"),
    "ints": ("[1, 2]", "[3]", "[]", "[2, 1, 3]"),
    "strs": ("['Ann', 'Bob']", "['Dune']"),
}


class Expressions(Queries):
    """Expressions by type."""

    def expression(self, type_: Type, place: Place, budget: int = 3) -> str:
        """An expression of a type; `budget` bounds how deep it nests."""
        names = place.of(type_)
        if budget <= 0 or (names and self.chance(0.2)):
            if names:
                return self.pick(names)
            if type_ in _LEAVES:
                return self.pick(_LEAVES[type_])
        maker = getattr(self, f"_{type_}")
        text: str = maker(place, budget - 1)
        return text

    def call(self, type_: Type, place: Place, budget: int) -> str:
        """A call of a unit."""
        unit = self.pick(self.callable_units(place, type_))
        self.calls_left -= 1
        return unit.called(place.session or "", [self.expression(p, place, min(budget, 1)) for p in unit.parameters])

    def generator_call(self, type_: Type, place: Place) -> str:
        """A call of a generator function, to be iterated."""
        unit = self.pick(self.callable_units(place, type_, generators=True))
        self.calls_left -= 1
        return unit.called(place.session or "", [self.expression(p, place, 0) for p in unit.parameters])

    def _can_call(self, type_: Type, place: Place) -> bool:
        return bool(self.callable_units(place, type_))

    def _can_iterate(self, type_: Type, place: Place) -> bool:
        return bool(self.callable_units(place, type_, generators=True))

    def _is_open(self, place: Place) -> bool:
        return place.session is not None

    # --- by type --------------------

    def _int(self, place: Place, budget: int) -> str:
        def sub(t: Type) -> str:
            return self.expression(t, place, budget)

        return self.one_of(
            (0.5, True, lambda: self.pick(_LEAVES["int"])),
            (3, self._can_call("int", place), lambda: self.call("int", place, budget)),
            (1.5, self._is_open(place), lambda: self.query_int(place)),
            (0.5, True, lambda: f"len({sub(self.pick(('ints', 'strs')))})"),
            (0.7, self._is_open(place), lambda: f"len({sub(self.pick(('authors', 'books')))})"),
            (0.5, True, lambda: f"sum({sub('ints')})"),
            (0.3, True, lambda: f"{self.pick(('max', 'min'))}({sub('ints')}, default=0)"),
            (0.8, True, lambda: f"({sub('int')} {self.pick(('+', '-', '*'))} {sub('int')})"),
            (0.3, True, lambda: f"({sub('int')} % 3)"),
            (0.7, True, lambda: f"({sub('int')} if {sub('bool')} else {sub('int')})"),
            (0.4, True, lambda: f"({sub('int')} or {sub('int')})"),
            (0.8, self.has("generator_expression"), lambda: f"sum({self._each('int', place, budget)})"),
            (0.4, self.has("generator_expression"), lambda: f"next(({self._each('int', place, budget)}), 0)"),
            (0.3, self.has("generator_expression"), lambda: f"max(({self._each('int', place, budget)}), default=0)"),
            (0.4, self.has("consumed_generator") and self._can_iterate("int", place),
             lambda: f"sum({self.generator_call('int', place)})"),
            (0.3, self.has("consumed_generator") and self._can_iterate("int", place),
             lambda: f"next({self.generator_call('int', place)}, 0)"),
            (0.4, self.has("walrus") and self._is_open(place) and not place.loops, lambda: self._walrus(place, budget)),
            (0.5, bool(place.of("author")), lambda: self._of_author(place, "age", "0")),
            (0.5, bool(place.of("book")), lambda: self._of_book(place, "price", "0")),
            (0.5, self.has("lazy_read") and bool(place.of("author")), lambda: self._of_author_books(place)),
            (0.3, self.has("model_method") and self.has("lazy_read") and bool(place.of("author")),
             lambda: self._of_author(place, "book_count", "0")),
            (0.2, self.has("lambda"), lambda: self._applied_lambda(place, budget)),
            (0.2, self.has("dictionary"), lambda: self._from_dictionary(place, budget)),
            (0.2, True, lambda: f"int(str({sub('int')}))"),
            (0.2, True, lambda: f"[{sub('int')}, {sub('int')}][{self.pick((0, 1, -1))}]"),
            (0.8, self.has("syntax"), lambda: self._odd_int(place, budget)),
        )  # fmt: skip

    def _str(self, place: Place, budget: int) -> str:
        def sub(t: Type) -> str:
            return self.expression(t, place, budget)

        return self.one_of(
            (0.5, True, lambda: self.pick(_LEAVES["str"])),
            (3, self._can_call("str", place), lambda: self.call("str", place, budget)),
            (0.8, True, lambda: f'f"{{{self._quoted(sub("int"))}}}:{{{self._quoted(sub("str"))}}}"'),
            (0.5, True, lambda: f"', '.join({sub('strs')})"),
            (0.6, self.has("generator_expression"), lambda: f"', '.join({self._each('str', place, budget)})"),
            (0.4, True, lambda: f"str({sub(self.pick(('int', 'bool', 'ints')))})"),
            (0.3, True, lambda: f"{sub('str')}.upper()"),
            (0.3, True, lambda: f"({sub('str')} or 'none')"),
            (0.3, True, lambda: f"('%s-%s' % ({sub('str')}, {sub('int')}))"),
            (0.3, True, lambda: f"'{{}}/{{}}'.format({sub('int')}, {sub('str')})"),
            (1, self._is_open(place), lambda: self.query_str(place)),
            (0.8, bool(place.of("author")), lambda: self._of_author(place, "name", "'?'")),
            (0.8, bool(place.of("book")), lambda: self._of_book(place, "title", "'?'")),
            (0.3, self.has("model_method") and bool(place.of("author")),
             lambda: self._of_author(place, self.pick(("label", "shout()")), "'?'")),
            (0.5, self.has("lazy_read") and bool(place.of("author")),
             lambda: self._of_author(place, "team.name", "'?'")),
            (0.5, self.has("lazy_read") and bool(place.of("book")), lambda: self._of_book(place, "author.name", "'?'")),
            (0.4, True, lambda: f"({sub('str')} if {sub('bool')} else {sub('str')})"),
        )  # fmt: skip

    def _bool(self, place: Place, budget: int) -> str:
        def sub(t: Type) -> str:
            return self.expression(t, place, budget)

        return self.one_of(
            (1, True, lambda: f"{sub('int')} {self.pick(('>', '<', '==', '!=', '>='))} {sub('int')}"),
            (2, self._can_call("bool", place), lambda: self.call("bool", place, budget)),
            (0.5, True, lambda: f"not ({sub('bool')})"),
            (0.6, True, lambda: f"({sub('bool')} {self.pick(('and', 'or'))} {sub('bool')})"),
            (0.8, self.has("generator_expression"),
             lambda: f"{self.pick(('any', 'all'))}({self._each('bool', place, budget)})"),
            (0.4, True, lambda: f"({sub('int')} in {sub('ints')})"),
            (0.3, True, lambda: f"({sub('str')} == {sub('str')})"),
            (0.3, True, lambda: f"bool({sub(self.pick(('ints', 'strs')))})"),
            (0.5, self._is_open(place), lambda: f"({sub('author')} is {self.pick(('', 'not '))}None)"),
            (0.2, True, lambda: f"(0 < {sub('int')} < 4)"),
        )  # fmt: skip

    def _ints(self, place: Place, budget: int) -> str:
        return self._listing("int", place, budget)

    def _strs(self, place: Place, budget: int) -> str:
        return self._listing("str", place, budget)

    def _listing(self, item: Type, place: Place, budget: int) -> str:
        whole: Type = "ints" if item == "int" else "strs"

        def sub(t: Type) -> str:
            return self.expression(t, place, budget)

        return self.one_of(
            (0.4, True, lambda: self.pick(_LEAVES[whole])),
            (2, self._can_call(whole, place), lambda: self.call(whole, place, budget)),
            (1.5, True, lambda: f"[{self._each(item, place, budget)}]"),
            (0.4, True, lambda: f"sorted({sub(whole)})"),
            (0.3, True, lambda: f"sorted({{{self._each(item, place, budget)}}})"),
            (0.4, True, lambda: f"[{sub(item)}, {sub(item)}]"),
            (0.3, True, lambda: f"({sub(whole)} + {sub(whole)})"),
            (0.3, True, lambda: f"[*{sub(whole)}, {sub(item)}]"),
            (0.4, self.has("generator_expression"), lambda: f"list({self._each(item, place, budget)})"),
            (0.4, self.has("generator_expression"), lambda: f"sorted({self._each(item, place, budget)})"),
            (1, self.has("consumed_generator") and self._can_iterate(item, place),
             lambda: self.pick(("list({})", "sorted({})", "[*{}]")).format(self.generator_call(item, place))),
            (1, self._can_iterate(item, place), lambda: self._over_generator(item, place, budget)),
            (0.4, self.has("sort_key"), lambda: self._sorted_by(whole, item, place, budget)),
            (0.3, self.has("lambda"), lambda: self._mapped(item, place, budget)),
            (0.3, self.has("dictionary"), lambda: self._dictionary_values(item, place, budget)),
            (0.8, self._is_open(place) and item == "int", lambda: self.query_ints(place)),
            (0.8, self._is_open(place) and item == "str", lambda: self.query_strs(place)),
        )  # fmt: skip

    def _author(self, place: Place, budget: int) -> str:
        return self._entity("author", place, budget)

    def _book(self, place: Place, budget: int) -> str:
        return self._entity("book", place, budget)

    def _authors(self, place: Place, budget: int) -> str:
        return self._entities("authors", place, budget)

    def _books(self, place: Place, budget: int) -> str:
        return self._entities("books", place, budget)

    def _entity(self, type_: Type, place: Place, budget: int) -> str:
        whole: Type = "authors" if type_ == "author" else "books"
        return self.one_of(
            (1.5, True, lambda: self.query_entity(type_, place, self.expression("int", place, min(budget, 1)))),
            (2, self._can_call(type_, place), lambda: self.call(type_, place, budget)),
            (0.3, budget > 0, lambda: f"next(iter({self.expression(whole, place, budget)}), None)"),
            (0.3, bool(place.of(type_)), lambda: self.pick(place.of(type_))),
        )

    def _entities(self, type_: Type, place: Place, budget: int) -> str:
        item = ITEMS[type_]
        return self.one_of(
            (1.5, True, lambda: self.query_entities(type_, place)),
            (2, self._can_call(type_, place), lambda: self.call(type_, place, budget)),
            (0.3, budget > 0, lambda: self._filtered(item, place, budget)),
            (0.3, self.has("lazy_read") and type_ == "books" and bool(place.of("author")),
             lambda: self._books_of_author(place)),
        )  # fmt: skip

    def _odd_int(self, place: Place, budget: int) -> str:
        """Places in which a call is rarer, each with precedences of its own."""
        one, two = (self.expression("int", place, min(budget, 1)) for _ in range(2))
        ints = self.expression("ints", place, min(budget, 1))
        return self.pick(
            (
                f"-{one}",
                f"({one}) ** 2 % 7",
                f"abs({one} - {two})",
                f"({ints} or [0])[{one} % 1]",
                f"len({ints}[{one}:])",
                f"len({ints}[:{one}:1])",
                f"dict(first={one}, **{{'second': {two}}})['first']",
                f"{{'k': {one}, {two}: 1}}['k']",
                f"max(*[{one}, {two}])",
                f"(({one}) == {two}) + ({one} is not None)",
                f"sum([*{ints}, *[{one}]], {two})",
                f"int({one} if not {ints} else {two})",
                f"({one}, {two})[1]",
                f"(~{one} & {two})",
                f"({one} and {two} or 1)",
                f"len(f'{{{self._plainly(one)}!r:>4}}')",
            )
        )

    # --- parts --------------------

    def _plainly(self, text: str) -> str:
        return "1" if set(text) & set("'\"\\{}") else text

    def _quoted(self, text: str) -> str:
        """An expression as it may stand in an f-string of double quotes."""
        return text if '"' not in text and "\\" not in text and "{" not in text else "1"

    def iterated(self, place: Place, budget: int) -> tuple[str, Type]:
        """Something to iterate and the type of its items."""
        kinds: list[Type] = ["ints", "strs"]
        if place.session:
            kinds += ["authors", "books", "authors"]
        type_ = self.pick(kinds)
        if type_ == "ints" and self.chance(0.3):
            return f"range({self.pick((1, 2, 3))})", "int"
        return self.expression(type_, place, min(budget, 1)), ITEMS[type_]

    def _within(self, place: Place, name: str, type_: Type) -> Place:
        inner = place.inner(loops=place.loops + 1)
        inner.names[name] = type_
        return inner

    def _each(self, type_: Type, place: Place, budget: int) -> str:
        """`value for name in iterated if condition`."""
        source, item = self.iterated(place, budget)
        name = self.fresh(item[0])
        inner = self._within(place, name, item)
        value = self.expression(type_, inner, min(budget, 2 if place.loops < 1 else 0))
        condition = f" if {self.expression('bool', inner, min(budget, 1))}" if self.chance(0.3) else ""
        second = ""
        if self.has("nested_comprehension") and not place.loops and self.chance(0.2):
            other = self.fresh("m")
            second = f" for {other} in {self.expression('ints', inner, 0)}"
        return f"{value} for {name} in {source}{second}{condition}"

    def _filtered(self, item: Type, place: Place, budget: int) -> str:
        name = self.fresh(item[0])
        source = self.expression("authors" if item == "author" else "books", place, min(budget, 1))
        inner = self._within(place, name, item)
        return f"[{name} for {name} in {source} if {self.expression('bool', inner, min(budget, 1))}]"

    def _over_generator(self, item: Type, place: Place, budget: int) -> str:
        name = self.fresh(item[0])
        source = self.generator_call(item, place)
        inner = self._within(place, name, item)
        condition = f" if {self.expression('bool', inner, min(budget, 1))}" if self.chance(0.4) else ""
        return f"[{self.expression(item, inner, 1)} for {name} in {source}{condition}]"

    def _sorted_by(self, whole: Type, item: Type, place: Place, budget: int) -> str:
        source = self.expression(whole, place, budget)
        name = self.fresh("k")
        inner = self._within(place, name, item)
        key = self.expression(self.pick(("int", "str")), inner, min(budget, 1))
        return f"sorted({source}, key=lambda {name}: ({key}, {name}))"

    def _mapped(self, item: Type, place: Place, budget: int) -> str:
        name = self.fresh("n")
        inner = self._within(place, name, "int")
        source = self.expression("ints", place, min(budget, 1))
        return f"list(map(lambda {name}: {self.expression(item, inner, min(budget, 1))}, {source}))"

    def _applied_lambda(self, place: Place, budget: int) -> str:
        name = self.fresh("n")
        inner = self._within(place, name, "int")
        return f"(lambda {name}: {self.expression('int', inner, budget)})({self.expression('int', place, 1)})"

    def _from_dictionary(self, place: Place, budget: int) -> str:
        name = self.fresh("n")
        inner = self._within(place, name, "int")
        value = self.expression("int", inner, min(budget, 1))
        source = self.expression("ints", place, min(budget, 1))
        return f"{{{name}: {value} for {name} in {source}}}.get({self.expression('int', place, 0)}, 0)"

    def _dictionary_values(self, item: Type, place: Place, budget: int) -> str:
        name = self.fresh("n")
        inner = self._within(place, name, "int")
        value = self.expression(item, inner, min(budget, 1))
        return f"sorted({{{name}: {value} for {name} in {self.expression('ints', place, min(budget, 1))}}}.values())"

    def _walrus(self, place: Place, budget: int) -> str:
        name = self.fresh("found")
        return f"({name}.age if ({name} := {self.expression('author', place, budget)}) is not None else 0)"

    def _of_author(self, place: Place, member: str, other: str) -> str:
        name = self.pick(place.of("author"))
        if member.startswith("team."):
            return f"({name}.{member} if {name} is not None and {name}.team is not None else {other})"
        return f"({name}.{member} if {name} is not None else {other})"

    def _of_book(self, place: Place, member: str, other: str) -> str:
        name = self.pick(place.of("book"))
        if member.startswith("author."):
            return f"({name}.{member} if {name} is not None and {name}.author is not None else {other})"
        return f"({name}.{member} if {name} is not None else {other})"

    def _of_author_books(self, place: Place) -> str:
        name = self.pick(place.of("author"))
        return f"(len({name}.books) if {name} is not None else 0)"

    def _books_of_author(self, place: Place) -> str:
        name = self.pick(place.of("author"))
        return f"({name}.books if {name} is not None else [])"

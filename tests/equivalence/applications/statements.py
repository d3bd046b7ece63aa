"""Random statements around random expressions: branches, loops, handlers, inner functions. Whole units: `layers`."""

from __future__ import annotations

from .expressions import Expressions
from .units import ITEMS, PLAIN, Place, Type

Lines = list[str]


def indented(lines: Lines) -> Lines:
    """One level further in."""
    return [f"    {line}" if line else "" for line in lines]


class Statements(Expressions):
    """Blocks of statements."""

    def body(self, place: Place, returns: Type, *, statements: int = 3, calls: int = 4) -> Lines:
        """The body of a function that returns a value of a type."""
        self.calls_left = calls
        place = place.inner(can_return=returns)
        lines = self.block(place, self.random.randint(0, statements))
        if returns == "none":
            return lines or ["pass"]
        return [*lines, f"return {self.expression(returns, place, 3)}"]

    def block(self, place: Place, count: int) -> Lines:
        """Statements one after the other."""
        return [line for _ in range(count) for line in self.statement(place)]

    def statement(self, place: Place) -> Lines:
        """One statement."""
        nests = place.depth < 4
        opened = place.session is not None
        return self.one_of(
            (3, True, lambda: self._assign(place)),
            (1, nests, lambda: self._if(place)),
            (1.2, nests and place.loops < 1, lambda: self._for(place)),
            (0.5, nests and place.loops < 1 and self.has("while"), lambda: self._while(place)),
            (0.8, nests and self.has("exception"), lambda: self._try(place)),
            (0.6, nests and self.has("nested"), lambda: self._inner_function(place)),
            (0.4, nests and self.has("closure"), lambda: self._closure(place)),
            (0.5, nests and self.has("cache"), lambda: self._cached(place)),
            (0.7, nests, lambda: self._accumulate(place)),
            (0.5, self.has("unpacking"), lambda: self._unpack(place)),
            (0.4, nests and self.has("early_return") and place.can_return is not None and not self.generator_here,
             lambda: self._return_early(place)),
            (0.5, opened and nests and self.has("savepoint"), lambda: self._savepoint(place)),
            (2, opened, lambda: self._write(place)),
            (0.6, opened, lambda: self._objects(place)),
            (0.5, bool(self.callable_units(place, "none")), lambda: [self.call("none", place, 1)]),
            (0.4, nests and self.has("partial"), lambda: self._partial(place)),
            (0.3, self.has("lambda"), lambda: self._named_lambda(place)),
            (0.6, nests and self.has("syntax"), lambda: self._odd(place)),
            (0.5, nests and not opened and self.has("core"), lambda: self._connection(place)),
            (0.3, opened and self.has("rollback") and place.depth <= 1, lambda: [f"{place.session}.rollback()"]),
        )  # fmt: skip

    def _bind(self, place: Place, type_: Type, budget: int = 3) -> tuple[str, str]:
        name = self.fresh({"int": "number", "str": "text", "bool": "flag"}.get(type_, type_))
        return name, self.expression(type_, place, budget)

    def _assign(self, place: Place) -> Lines:
        type_ = self.pick((*PLAIN, "int", "ints"))
        name, value = self._bind(place, type_)
        place.names[name] = type_
        return [f"{name} = {value}"]

    def _objects(self, place: Place) -> Lines:
        type_: Type = self.pick(("author", "book", "authors", "books"))
        name, value = self._bind(place, type_)
        place.names[name] = type_
        return [f"{name} = {value}"]

    def _if(self, place: Place) -> Lines:
        test = self.expression("bool", place, 2)
        lines = [f"if {test}:", *indented(self.block(place.inner(), self.random.randint(1, 2)))]
        if self.chance(0.4):
            other = f"elif {self.expression('bool', place, 1)}:" if self.chance(0.3) else "else:"
            lines += [other, *indented(self.block(place.inner(), 1))]
        return lines

    def _for(self, place: Place) -> Lines:
        source, item = self.iterated(place, 2)
        if self.chance(0.3) and self._can_iterate("int", place):
            source, item = self.generator_call("int", place), "int"
        name = self.fresh(item[0])
        inner = place.inner(loops=place.loops + 1, in_loop=True)
        inner.names[name] = item
        lines: Lines = []
        if item in ("int", "str") and self.chance(0.2):
            index = self.fresh("i")
            inner.names[index] = "int"
            lines.append(f"for {index}, {name} in enumerate({source}):")
        else:
            lines.append(f"for {name} in {source}:")
        if self.chance(0.2):
            lines += indented([f"if {self.expression('bool', inner, 1)}:", f"    {self.pick(('continue', 'break'))}"])
        return [*lines, *indented(self.block(inner, self.random.randint(1, 2)))]

    def _while(self, place: Place) -> Lines:
        name = self.fresh("count")
        inner = place.inner(loops=place.loops + 1, in_loop=True)
        inner.names[name] = "int"
        test = f"{name} < {self.pick((1, 2))} and {self.expression('bool', place, 2)}"
        return [f"{name} = 0", f"while {test}:", f"    {name} += 1", *indented(self.block(inner, 1))]

    def _try(self, place: Place) -> Lines:
        inner = place.inner()
        body = self.block(inner, 1)
        if self.chance(0.5):
            problem = self.pick(("ValueError", "LookupError", "«errors.ShopError»"))
            body += [
                f"if {self.expression('bool', inner, 2)}:",
                f"    raise {problem}({self.expression('str', inner, 1)})",
            ]
        name = self.fresh("error")
        handler = place.inner()
        lines = ["try:", *indented(body), f"except (ValueError, LookupError, «errors.ShopError») as {name}:"]
        held = self.fresh("text")
        lines += indented([f"{held} = str({name})", *self.block(handler, 1)])
        if self.chance(0.3):
            lines += ["else:", *indented(self.block(inner, 1))]
        if self.chance(0.3):
            lines += ["finally:", *indented(self.block(place.inner(can_return=None), 1))]
        return lines

    def _inner_function(self, place: Place) -> Lines:
        """A function within a function, called, iterated with, or handed on."""
        name, parameter = self.fresh("inner"), self.fresh("n")
        inner = place.inner(can_return="int", loops=place.loops + 1, in_loop=False)
        inner.names = {**{n: t for n, t in place.names.items() if t in PLAIN}, parameter: "int"}
        lines = [f"def {name}({parameter}):"]
        lines += indented([*self.block(inner, self.random.randint(0, 1)), f"return {self.expression('int', inner, 2)}"])
        result, number = self.fresh("ints"), self.fresh("n")
        source = self.expression("ints", place, 1)
        uses = [f"{result} = [{name}({number}) for {number} in {source}]", f"{result} = [{name}(1)]"]
        if self.has("callback"):
            uses += [f"{result} = list(map({name}, {source}))", f"{result} = sorted({source}, key={name})"]
        place.names[result] = "ints"
        return [*lines, self.pick(uses)]

    def _closure(self, place: Place) -> Lines:
        """An inner function that changes a variable of the outer one."""
        name, total = self.fresh("inner"), self.fresh("total")
        inner = place.inner(can_return=None, loops=place.loops + 1, in_loop=False)
        inner.names = {n: t for n, t in place.names.items() if t in PLAIN}
        value = self.expression("int", inner, 2)
        place.names[total] = "int"
        return [f"{total} = 0", f"def {name}():", f"    nonlocal {total}", f"    {total} += {value}",
                *[f"{name}()"] * self.random.randint(1, 2)]  # fmt: skip

    def _cached(self, place: Place) -> Lines:
        cache, key, result = self.fresh("cache"), self.fresh("key"), self.fresh("ints")
        inner = place.inner(loops=place.loops + 1)
        inner.names[key] = "int"
        value = self.expression("int", inner, 2)
        fill = self.pick(
            (
                [f"    if {key} not in {cache}:", f"        {cache}[{key}] = {value}"],
                [f"    {cache}.setdefault({key}, {value})"],
                [f"    {cache}[{key}] = {cache}.get({key}) or {value}"],
            )
        )
        source = self.expression("ints", place, 1)
        place.names[result] = "ints"
        return [f"{cache} = {{}}", f"for {key} in {source}:", *fill, f"{result} = list({cache}.values())"]

    def _accumulate(self, place: Place) -> Lines:
        source, item = self.iterated(place, 1)
        name, result = self.fresh(item[0]), self.fresh("ints")
        inner = place.inner(loops=place.loops + 1)
        inner.names[name] = item
        value = self.expression("int", inner, 2)
        place.names[result] = "ints"
        if self.chance(0.5):
            total = self.fresh("total")
            place.names[total] = "int"
            return [f"{total} = 0", f"for {name} in {source}:", f"    {total} += {value}", f"{result} = [{total}]"]
        return [f"{result} = []", f"for {name} in {source}:", f"    {result}.append({value})"]

    def _unpack(self, place: Place) -> Lines:
        first, one = self._bind(place, "int", 2)
        second, other = self._bind(place, "str", 2)
        place.names[first], place.names[second] = "int", "str"
        return [f"{first}, {second} = {one}, {other}"]

    def _return_early(self, place: Place) -> Lines:
        assert place.can_return is not None
        value = "" if place.can_return == "none" else f" {self.expression(place.can_return, place, 2)}"
        return [f"if {self.expression('bool', place, 2)}:", f"    return{value}"]

    def _odd(self, place: Place) -> Lines:
        """Statements in which a call is rarer."""
        one, two = (self.expression("int", place, 1) for _ in range(2))
        name, number = self.fresh("held"), self.fresh("number")
        inner = place.inner()
        within = indented(self.block(inner, 1))
        options: list[tuple[Lines, dict[str, Type]]] = [
            ([f"match {one}:", "    case 0:", *indented(within), "    case _:", "        pass"], {}),
            (
                [
                    f"{name} = {{}}",
                    f"{name}[{one}] = {two}",
                    f"{name}[{one}] = {name}.get({two}, 0) + 1",
                    f"{number} = len({name})",
                ],
                {number: "int"},
            ),
            ([f"{name} = {{0: 1}}", f"{name}[{one} * 0] += {two}", f"del {name}[{one} * 0]"], {}),
            ([f"assert {one} is not None, {two}"], {}),
            ([f"while ({number} := {one}) > 1000:", f"    print({number})", "else:", *within], {number: "int"}),
            ([f"for {number} in [{one}]:", "    pass", "else:", *within], {}),
            ([f"{number} = {name} = {one}", f"{number} += {two}", f"{number} -= {name}"], {number: "int"}),
            ([f"print({one}, {two}, sep={self.expression('str', place, 1)})"], {}),
            ([f"{number}, *{name} = [{one}, {two}]"], {number: "int", name: "ints"}),
        ]
        lines, bound = self.pick(options)
        place.names.update(bound)
        return lines

    def _connection(self, place: Place) -> Lines:
        """A read on a connection of its own."""
        name, rows = self.fresh("connection"), self.fresh("ints")
        place.names[rows] = "ints"
        statement = "«sqlalchemy.select»(«models.Author».age).order_by(«models.Author».id)"
        return [
            f"with «database.engine».{self.pick(('connect', 'begin'))}() as {name}:",
            f"    {rows} = [row[0] for row in {name}.execute({statement})]",
        ]

    def _savepoint(self, place: Place) -> Lines:
        return [f"with {place.session}.begin_nested():", *indented(self.block(place.inner(), 1))]

    def _partial(self, place: Place) -> Lines:
        found = [u for u in self.callable_units(place, "int") if u.function and len(u.parameters) == 1]
        if not found:
            return self._assign(place)
        unit = self.pick(found)
        name, result = self.fresh("bound"), self.fresh("ints")
        given = f", {place.session}" if unit.needs == "session" else ""
        self.calls_left -= 1
        function = unit.function.replace("{s}", place.session or "")
        kinds = [self.expression(unit.parameters[0], place, 1) for _ in range(2)]
        place.names[result] = "ints"
        calls = ", ".join(f"{name}({kind})" for kind in kinds)
        return [f"{name} = «functools.partial»({function}{given})", f"{result} = [{calls}]"]

    def _named_lambda(self, place: Place) -> Lines:
        name, parameter, result = self.fresh("compute"), self.fresh("n"), self.fresh("number")
        inner = place.inner(loops=place.loops + 1)
        inner.names[parameter] = "int"
        value = self.expression("int", inner, 2)
        given = self.expression("int", place, 1)
        place.names[result] = "int"
        return [f"{name} = lambda {parameter}: {value}", f"{result} = {name}({given}) + {name}(2)"]

    # --- writes --------------------

    def _write(self, place: Place) -> Lines:
        s = place.session
        authors, books = place.of("author"), place.of("book")
        return self.one_of(
            (1.2, True, lambda: self._add(place)),
            (1, bool(authors), lambda: self._change(place, self.pick(authors), "age")),
            (1, bool(books), lambda: self._change(place, self.pick(books), "price")),
            (0.8, True, lambda: [f"{s}.flush()"]),
            (0.8, self.has("commit"), lambda: [f"{s}.commit()"]),
            (0.5, self.has("bulk") and not authors, lambda: self._bulk(place)),
            (0.3, bool(books) and not place.loops, lambda: self._delete(place, self.pick(books))),
            (0.3, bool(authors), lambda: self._refresh(place, self.pick(authors))),
            (0.6, self.has("relation_write") and bool(authors), lambda: self._relate(place, self.pick(authors))),
        )  # fmt: skip

    def _add(self, place: Place) -> Lines:
        name, number = self.expression("str", place, 1), self.expression("int", place, 1)
        made = self.fresh("made")
        if self.chance(0.5):
            lines = [f"{made} = «models.Author»(name={name}, age={number}, team_id=1)", f"{place.session}.add({made})"]
            type_: Type = "author"
        else:
            key = "None" if self.has("lazy_read") and not self.has("foreign_key") else self.pick(("1", "2"))
            lines = [f"{made} = «models.Book»(title={name}, price={number}, author_id={key})"]
            lines.append(f"{place.session}.add({made})")
            type_ = "book"
        lines.append(f"{place.session}.{self.pick(('flush', 'commit' if self.has('commit') else 'flush'))}()")
        if self.chance(0.6):
            place.names[made] = type_
        return lines

    def _change(self, place: Place, name: str, column: str) -> Lines:
        change = self.pick((f"{name}.{column} += {self.expression('int', place, 2)}",
                            f"{name}.{column} = {self.expression('int', place, 2)}"))  # fmt: skip
        return [f"if {name} is not None:", f"    {change}"]

    def _bulk(self, place: Place) -> Lines:
        s = place.session
        value = self.expression("int", place, 2)
        query = f"{s}.query(«models.Author»).filter(«models.Author».id > {self.pick((1, 2))})"
        call = f"{query}.update({{«models.Author».age: {value}}})"
        if not self._legacy():
            statement = f"«sqlalchemy.update»(«models.Author»).where(«models.Author».id > 1).values(age={value})"
            call = f"{s}.execute({statement}).rowcount"
        if self.chance(0.5):
            name = self.fresh("number")
            place.names[name] = "int"
            return [f"{name} = {call}"]
        return [call]

    def _delete(self, place: Place, name: str) -> Lines:
        del place.names[name]
        return [f"if {name} is not None:", f"    {place.session}.delete({name})", f"{place.session}.flush()"]

    def _refresh(self, place: Place, name: str) -> Lines:
        return [f"if {name} is not None:", f"    {place.session}.flush()", f"    {place.session}.refresh({name})"]

    def _relate(self, place: Place, name: str) -> Lines:
        title, price = self.expression("str", place, 1), self.expression("int", place, 1)
        book = f"«models.Book»(title={title}, price={price})"
        kinds = [
            f"{name}.books.append({book})",
            f"{place.session}.add(«models.Book»(title={title}, price=1, author={name}))",
            f"{name}.team = {place.session}.get(«models.Team», 2)",
        ]
        return [f"if {name} is not None:", f"    {self.pick(kinds)}", f"    {place.session}.flush()"]


__all__ = ["ITEMS", "Lines", "Statements", "indented"]

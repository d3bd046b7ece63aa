"""Functions, repositories, services and the main program of an application. Their bodies are in `statements`."""

from __future__ import annotations

from .schema import Schema
from .statements import Lines, indented
from .units import PLAIN, Place, Type, Unit

_RETURNS: tuple[Type, ...] = ("int", "str", "bool", "ints", "strs", "author", "book", "authors", "books", "none")
_ANNOTATIONS: dict[Type, str] = {"int": "int", "str": "str", "bool": "bool", "ints": "list[int]", "strs": "list[str]"}


class Layers(Schema):
    """Writes units layer by layer; every unit may call those of before."""

    def function(self, module: str) -> Lines:
        """A function that takes the session as its first argument."""
        name, returns = self.fresh("find"), self.pick(_RETURNS)
        s = self.pick(("db", "session"))
        annotated = self.pick((f"{s}: «sqlalchemy.orm.Session»", s, s))
        parameters, names = self._parameters()
        head = f"def {name}({', '.join([annotated, *parameters])}){self._arrow(returns)}:"
        lines = indented(self.body(Place(s, names), returns))
        decorator = self._decorator(module)
        self.units.append(
            Unit(
                f"«{module}.{name}»({{s}}, {{a}})",
                tuple(names.values()),
                returns,
                "session",
                function=f"«{module}.{name}»",
            )
        )
        return ["", "", *decorator, head, *lines]

    def recursion(self, module: str) -> Lines:
        """A function that calls itself."""
        name = self.fresh("count_down")
        names: dict[str, Type] = {"n": "int"}
        inner = self.expression("int", Place("db", names), 1)
        self.units.append(Unit(f"«{module}.{name}»({{s}}, {{a}} % 3)", ("int",), "int", "session"))
        ending = self.pick((f"return {inner} + {name}(db, n - 1)", f"return {name}(db, n - 1) or {inner}"))
        return ["", "", f"def {name}(db, n):", "    if n <= 0:", "        return 0", f"    {ending}"]

    def generator_function(self, module: str) -> Lines:
        """A generator that reads the database between its items."""
        name = self.fresh("each")
        item: Type = self.pick(("int", "str"))
        place = Place("db", {}).inner()
        self.calls_left, self.generator_here = 3, True
        source, kind = self.iterated(place, 2)
        variable = self.fresh(kind[0])
        inner = place.inner(loops=1)
        inner.names[variable] = kind
        lines = self.block(place, self.random.randint(0, 1))
        if self.has("delegating") and (others := self.callable_units(place, item, generators=True)):
            lines.append(f"yield from {self.pick(others).called('db', [])}")
        lines += [f"for {variable} in {source}:", f"    yield {self.expression(item, inner, 2)}"]
        if self.chance(0.3):
            lines.append(f"yield {self.expression(item, place, 1)}")
        self.generator_here = False
        self.units.append(Unit(f"«{module}.{name}»({{s}})", (), item, "session", is_generator=True))
        return ["", "", f"def {name}(db):", *indented(lines)]

    def plain(self, module: str) -> Lines:
        """A function that has nothing to do with a database, and must not change."""
        name, returns = self.fresh("plain"), self.pick(PLAIN)
        parameters, names = self._parameters()
        self.calls_left = 0
        lines = [f"return {self.expression(returns, Place(None, names), 2)}"]
        self.units.append(
            Unit(f"«{module}.{name}»({{a}})", tuple(names.values()), returns, "nothing", function=f"«{module}.{name}»")
        )
        return ["", "", f"def {name}({', '.join(parameters)}):", *indented(lines)]

    def opener(self, module: str) -> Lines:
        """A function that opens a session of its own."""
        name, returns = self.fresh("run"), self.pick((*PLAIN, "int"))
        parameters, names = self._parameters()
        before, session, after = self.opening()
        inside = self.body(Place(session, names), returns, statements=4, calls=5)
        head = f"def {name}({', '.join(parameters)}){self._arrow(returns)}:"
        lines = [*before, *indented(inside), *after]
        self.units.append(
            Unit(f"«{module}.{name}»({{a}})", tuple(names.values()), returns, "opens", function=f"«{module}.{name}»")
        )
        return ["", "", *self._decorator(module), head, *indented(lines)]

    def script(self, module: str) -> Lines:
        """A function without a session of its own that calls functions that open one."""
        name, returns = self.fresh("report"), self.pick((*PLAIN, "strs"))
        parameters, names = self._parameters()
        lines = self.body(Place(None, names), returns, statements=2, calls=3)
        self.units.append(
            Unit(f"«{module}.{name}»({{a}})", tuple(names.values()), returns, "opens", function=f"«{module}.{name}»")
        )
        return ["", "", f"def {name}({', '.join(parameters)}){self._arrow(returns)}:", *indented(lines)]

    # --- classes --------------------

    def repository(self, module: str) -> Lines:
        """A class around a session, perhaps with a base class whose methods it overrides."""
        name = self.fresh("Repository").replace("_", "")
        attribute = self.pick(("session", "db", "_session"))
        session = f"self.{attribute}"
        methods: Lines = []
        base, made = "", ["def __init__(self, session):", f"    {session} = session"]
        if self.chance(0.3):
            made = ["def __init__(self, session: «sqlalchemy.orm.Session»):", f"    {session} = session"]
        own: list[Unit] = []
        lines: Lines = []
        if self.has("hierarchy"):
            lines, own = self._base_class(module, name, attribute)
            base, made = f"(Base{name})", []
            if self.chance(0.4):
                made = ["def __init__(self, session):", "    super().__init__(session)", "    self.calls = 0"]
        created = f"«{module}.{name}»({{s}})"
        for _ in range(self.random.randint(1, 3)):
            methods += self._method(own, session, created)
        if base and self.chance(0.6):
            methods += self._overrides(session)
        if self.has("property") and self.chance(0.5):
            methods += ["", "@property", "def total(self):", f"    return {self.query_int(Place(session))}"]
            own.append(Unit("self.total", (), "int", "session"))
        if self.has("dunder") and self.chance(0.5):
            methods += ["", "def __len__(self):", f"    return {self.query_int(Place(session))}"]
            own.append(Unit("len(self)", (), "int", "session"))
        if self.has("static"):
            methods += self._static(own, created)
        self._publish(own, created)
        return [*lines, "", "", f"class {name}{base}:", *indented([*made, *methods] if made else methods[1:])]

    def _base_class(self, module: str, name: str, attribute: str) -> tuple[Lines, list[Unit]]:
        session = f"self.{attribute}"
        template, hook = self.fresh("summary"), self.fresh("weigh")
        self._hook = hook
        plain_hook = self.chance(0.4)
        default = "0" if plain_hook else self.query_int(Place(session))
        own = [
            Unit(f"self.{template}({{a}})", ("int",), "int", "session"),
            Unit(f"self.{hook}({{a}})", ("int",), "int", "session"),
        ]
        lines = [
            "", "", f"class Base{name}:", "    def __init__(self, session):", f"        {session} = session", "",
            f"    def {template}(self, n):", f"        return self.{hook}(n) + {self.query_int(Place(session))}", "",
            f"    def {hook}(self, n):", f"        return n + {default}",
        ]  # fmt: skip
        return lines, own

    def _overrides(self, session: str) -> Lines:
        place = Place(session, {"n": "int"})
        self.calls_left = 2
        value = self.expression("int", place, 2)
        inherited = f" + super().{self._hook}(n)" if self.chance(0.5) else ""
        return ["", f"def {self._hook}(self, n):", f"    return {value}{inherited}"]

    def _method(self, own: list[Unit], session: str, created: str) -> Lines:
        name, returns = self.fresh("load"), self.pick(_RETURNS)
        parameters, names = self._parameters()
        place = Place(session, names, own=tuple(own))
        lines = self.body(place, returns, statements=2, calls=3)
        own.append(Unit(f"self.{name}({{a}})", tuple(names.values()), returns, "session", function=f"self.{name}"))
        return ["", f"def {name}({', '.join(['self', *parameters])}):", *indented(lines)]

    def _static(self, own: list[Unit], created: str) -> Lines:
        name, other = self.fresh("tally"), self.fresh("measure")
        owner = created.removesuffix("({s})")
        first = self.query_int(Place("db"))
        self.units.append(Unit(f"{owner}.{name}({{s}})", (), "int", "session"))
        self.units.append(
            Unit(f"{owner}.{other}({{s}}, {{a}})", ("int",), "int", "session", function=f"{owner}.{other}")
        )
        return ["", "@staticmethod", f"def {name}(db):", f"    return {first}", "", "@classmethod",
                f"def {other}(cls, db, n):", f"    return cls.{name}(db) + n"]  # fmt: skip

    def _publish(self, own: list[Unit], created: str) -> None:
        """Methods are called from outside on an instance made for the call."""
        for unit in own:
            text = unit.call
            if text == "len(self)":
                text = f"len({created})"
            function = unit.function.replace("self", created)
            self.units.append(
                Unit(text.replace("self", created), unit.parameters, unit.returns, "session", function=function and "")
            )

    def service(self, module: str) -> Lines:
        """A class that makes its repositories from the session it is given."""
        repositories = [u for u in self.units if u.call.startswith("«repositories.Repository") and "({s})." in u.call]
        if not repositories:
            return self.function(module)
        name = self.fresh("Service").replace("_", "")
        owner = self.pick(repositories).call.partition("({s})")[0]
        own = [
            Unit(u.call.replace(f"{owner}({{s}})", "self.repository"), u.parameters, u.returns, "session")
            for u in repositories
            if u.call.startswith(f"{owner}(")
        ]
        lines = ["", "", f"class {name}:", "    def __init__(self, session):", "        self.session = session",
                 f"        self.repository = {owner}(session)"]  # fmt: skip
        created, methods = f"«{module}.{name}»({{s}})", list[Unit]()
        for _ in range(self.random.randint(1, 2)):
            mine: list[Unit] = []
            text = (
                self._method(mine, "self.session", created) if not own else self._service_method(mine, [*own, *methods])
            )
            lines += indented(text)
            methods += mine
        self._publish(methods, created)
        return lines

    def _service_method(self, mine: list[Unit], own: list[Unit]) -> Lines:
        name, returns = self.fresh("handle"), self.pick((*PLAIN, "author", "books"))
        parameters, names = self._parameters()
        lines = self.body(Place("self.session", names, own=tuple(own)), returns, statements=2, calls=3)
        mine.append(Unit(f"self.{name}({{a}})", tuple(names.values()), returns, "session"))
        return ["", f"def {name}({', '.join(['self', *parameters])}):", *indented(lines)]

    def stateless(self, module: str) -> Lines:
        """A class whose one instance is made at import and whose methods take the session."""
        name, instance = self.fresh("Crud").replace("_", ""), self.fresh("crud")
        lines = ["", "", f"class {name}:"]
        for _ in range(self.random.randint(1, 2)):
            method, returns = self.fresh("fetch"), self.pick(_RETURNS)
            parameters, names = self._parameters()
            body = self.body(Place("db", names), returns, statements=1, calls=2)
            lines += indented([f"def {method}({', '.join(['self', 'db', *parameters])}):", *indented(body), ""])
            self.units.append(
                Unit(f"«{module}.{instance}».{method}({{s}}, {{a}})", tuple(names.values()), returns, "session")
            )
        return [*lines, "", f"{instance} = {name}()"]

    def holder(self, module: str) -> Lines:
        """A class that keeps the factory and opens a session in every method."""
        name, method = self.fresh("Store").replace("_", ""), self.fresh("compute")
        parameters, names = self._parameters()
        body = self.body(Place("session", names), "int", statements=2, calls=3)
        self.units.append(
            Unit(f"«{module}.{name}»(«database.SessionLocal»).{method}({{a}})", tuple(names.values()), "int", "opens")
        )
        return ["", "", f"class {name}:", "    def __init__(self, factory):", "        self.factory = factory", "",
                f"    def {method}({', '.join(['self', *parameters])}):", "        with self.factory() as session:",
                *indented(indented(indented(body)))]  # fmt: skip

    # --- parts --------------------

    def _parameters(self) -> tuple[Lines, dict[str, Type]]:
        """Up to two parameters of plain types as written, and their types by name."""
        names: dict[str, Type] = {}
        written: Lines = []
        for _ in range(self.pick((0, 1, 1, 2))):
            type_: Type = self.pick(("int", "int", "str", "ints"))
            name = self.fresh({"int": "n", "str": "word", "ints": "ns"}[type_])
            names[name] = type_
            annotation = f": {_ANNOTATIONS[type_]}" if self.chance(0.3) else ""
            default = {"int": "1", "str": "'Ann'", "ints": "()"}[type_]
            written.append(f"{name}{annotation}" + (f"={default}" if self.chance(0.2) and type_ == "int" else ""))
        if any("=" in text for text in written[:-1]):
            written = [text.partition("=")[0] for text in written]
        return written, names

    def _arrow(self, returns: Type) -> str:
        return f" -> {_ANNOTATIONS[returns]}" if returns in _ANNOTATIONS and self.chance(0.2) else ""

    def _decorator(self, module: str) -> Lines:
        return ["@«helpers.logged»"] if self.has("decorator") and self.chance(0.4) else []

    def helpers(self) -> Lines:
        """A decorator of the application's own."""
        return [
            "", "", "def logged(function):", "    @«functools.wraps»(function)",
            "    def wrapper(*args, **kwargs):", "        result = function(*args, **kwargs)",
            "        print('called', function.__name__)", "        return result", "", "    return wrapper",
        ]  # fmt: skip

    def main(self) -> Lines:
        """Create the tables, fill them, run some units, print what they give."""
        lines = ["", "", "def seed():"]
        before, session, after = self.opening()
        fill = [
            f"{session}.add_all([«models.Team»(name='Red'), «models.Team»(name='Blue')])",
            f"{session}.flush()",
            f"{session}.add_all([«models.Author»(name=name, age=age, team_id=1) for name, age in "
            "[('Ann', 3), ('Bob', 2), ('Cid', 5)]])",
            f"{session}.flush()",
            "for number, title in enumerate(['Dune', 'Emma', 'Ulysses', 'Ada']):",
            f"    {session}.add(«models.Book»(title=title, price=number, author_id=number % 2 + 1))",
        ]
        if "begin" not in before[0]:
            fill.append(f"{session}.commit()")
        else:
            fill.append(f"{session}.flush()")
        lines += indented([*before, *indented(fill), *after])
        lines += ["", "", "def main():"]
        body = ["«database.create_tables»()", "seed()", "results = []"]
        place = Place(None, {}).inner()
        openers = [u for u in self.units if u.needs == "opens"]
        for unit in self.random.sample(openers, min(len(openers), 6)):
            self.calls_left = 3
            body.append(f"results.append({unit.called('', [self.expression(p, place, 1) for p in unit.parameters])})")
        if self.chance(0.5):
            before, session, after = self.opening()
            inner = Place(session, {}).inner()
            self.calls_left = 4
            inside = self.block(inner, 3)
            inside.append(f"results.append({self.expression('strs', inner, 2)})")
            body += [*before, *indented(inside), *after]
        body += ["for result in results:", "    print(result)"]
        lines += indented(body)
        ending = self.pick((["    main()"], ["    main()"], ["    main()", "    print('done')"]))
        return [*lines, "", "", "if __name__ == '__main__':", *ending]

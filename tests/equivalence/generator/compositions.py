"""Random ways to spread one query over statements, functions and classes: text of whole modules.

Which query and which ending is in `queries` and `terminals`; programs that write are in `scripts`.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from ..programs import module_text
from .program import Program, in_files
from .queries import Draft, draft
from .terminals import HOLE, Ending, ending
from .vocabulary import SESSION


def composed(random: Random) -> Program:
    """One random query in a random composition."""
    query = draft(random)
    end = ending(random, query)
    compose = random.choice(_COMPOSITIONS)
    text, exact = compose(random, query, end)
    traits = frozenset({query.shape, end.trait, compose.__name__.strip("_"), *query.traits})
    others: dict[str, str] = {}
    if random.random() < 0.12 and "\n\n\ndef run(s" in text:
        text, others = in_files(random, text)
        traits |= {"files"}
    # What a counted statement's execution options are for is nobody's to say: they move or they are reported.
    kept = not (
        "options" in query.traits and {end.trait, *traits} & {"count", "twice", "returning", "several_functions"}
    )
    return Program(text, exact and query.exact and end.exact and kept, traits, others)


def finished(body: str, session: str = "s") -> str:
    """A module's text from a body whose session gets a name."""
    return module_text(body.replace(SESSION, session))


def _indent(lines: list[str], depth: int = 1) -> list[str]:
    return ["    " * depth + line for text in lines for line in text.split("\n")]


def _chain(random: Random, query: Draft, steps: list[str], value: str) -> str:
    """The value with the query in its hole, now and then on several lines, as formatters lay it out."""
    if random.random() < 0.25 and value.startswith(HOLE) and len(steps) >= 1:
        comment = "  # as asked for" if random.random() < 0.3 else ""
        parts = [query.start, *steps, value.removeprefix(HOLE)]
        if all(part.startswith(".") for part in parts[1:]):
            lines = [f"    {part}" for part in parts]
            lines[1] += comment
            return "(\n" + "\n".join(lines) + "\n)"
    return value.replace(HOLE, query.start + "".join(steps))


def _closing(end: Ending, hole: str) -> list[str]:
    return [line.replace(HOLE, hole) for line in (*end.lines, f"return {end.value}")]


def _one_chain(random: Random, query: Draft, end: Ending) -> tuple[str, bool]:
    lines = [line.replace(HOLE, query.text) for line in end.lines]
    value = _chain(random, query, query.steps, end.value)
    head = random.choice(("def run(s):", "def run(s):", "def run(s: Session):"))
    return finished("\n".join([head, *_indent([*query.prelude, *lines, f"return {value}"])])), True


def _stepwise(random: Random, query: Draft, end: Ending) -> tuple[str, bool]:
    lines = [*query.prelude, f"q = {query.start}"]
    kept = random.random() < 0.2  # `rows = rows.filter()` under a new name each time
    name = "q"
    for number, step in enumerate(query.steps):
        new = f"q{number}" if kept else "q"
        lines.append(f"{new} = {name}{step}")
        name = new
    return finished("\n".join(["def run(s):", *_indent([*lines, *_closing(end, name)])])), True


def _conditional(random: Random, query: Draft, end: Ending) -> tuple[str, bool]:
    source = query.sources[0]
    lines = [*query.prelude, f"q = {query.start}"]
    # A criterion after GROUP BY or DISTINCT is still part of WHERE, so it may stand anywhere before LIMIT.
    lines += [f"q = q{step}" for step in query.steps]
    kind = random.random()
    lines += ["if wanted:", f"    q = q.filter({query.criterion(random)})"]
    if kind < 0.4:
        lines += ["else:", f"    q = q.filter({query.criterion(random)})"]
    elif kind < 0.6:
        lines += ["elif wanted is None:", f"    q = q.filter({query.criterion(random)}, {query.criterion(random)})"]
    elif kind < 0.8:
        lines += ["if limit is not None:", f"    q = q.filter({source.name}.{source.model.keys[0]} <= limit)"]
    body = ["def find(s, wanted, limit=None):", *_indent([*lines, *_closing(end, "q")]), "", ""]
    body += ["def run(s):", "    return [find(s, True), find(s, False), find(s, None, 3)]"]
    return finished("\n".join(body)), True


def _looped(random: Random, query: Draft, end: Ending) -> tuple[str, bool]:
    source = query.sources[0]
    lines = [*query.prelude, f"q = {query.text}"]
    kind = random.random()
    key = source.model.keys[0]
    if kind < 0.4:
        both = f"({query.criterion(random)}, {query.criterion(random)})"
        lines += [f"for criterion in {both}:", "    q = q.filter(criterion)"]
    elif kind < 0.7:
        lines += ["for number in (1, 4, 99):", f"    q = q.filter({source.name}.{key} != number)"]
    else:
        text = source.model.texts[0]
        wanted = f"{{{key!r}: 1, {text!r}: 'bo'}}"
        lines += [f"for name, value in {wanted}.items():", f"    q = q.filter(getattr({source.name}, name) != value)"]
    return finished("\n".join(["def run(s):", *_indent([*lines, *_closing(end, "q")])])), True


def _split(random: Random, query: Draft) -> tuple[str, str]:
    cut = random.randint(0, len(query.steps))
    return query.start + "".join(query.steps[:cut]), "".join(query.steps[cut:])


def _returning(random: Random, query: Draft, end: Ending) -> tuple[str, bool]:
    if query.prelude:
        return _one_chain(random, query, end)
    first, rest = _split(random, query)
    body = ["def base(session):", *_indent([f"return {first}"]), "", ""]
    lines = _closing(end, f"base(s){rest}")
    if random.random() < 0.3:
        lines = [f"many = base(s){rest}.count()", *lines]
        lines[-1] = f"return (many, {end.value.replace(HOLE, f'base(s){rest}')})"
    text = "\n".join([*body, "def run(s):", *_indent(lines)])
    return finished(text.replace(f"return {first}", f"return {first.replace(SESSION, 'session')}", 1)), True


def _taking(random: Random, query: Draft, end: Ending) -> tuple[str, bool]:
    source = query.sources[0]
    if source.aliased or query.has("aggregate"):
        return _one_chain(random, query, end)
    annotation = random.choice(("", "", ": Query"))
    body = [f"def narrowed(q{annotation}, strict):", "    if strict:"]
    body += [f"        return q.filter({query.criterion(random, nested=False)})", "    return q", "", ""]
    lines = [*query.prelude, f"q = narrowed({query.text}, {random.choice((True, False))})", *_closing(end, "q")]
    return finished("\n".join([*body, "def run(s):", *_indent(lines)])), True


def _nested(random: Random, query: Draft, end: Ending) -> tuple[str, bool]:
    inner = ["def fetch():", *_indent([*query.prelude, *_closing(end, query.text)])]
    return finished("\n".join(["def run(s):", *_indent([*inner, "return fetch()"])])), True


def _in_class(random: Random, query: Draft, end: Ending) -> tuple[str, bool]:
    first, rest = _split(random, query)
    if query.prelude:
        first, rest = query.start, "".join(query.steps)
    body = ["class Repository:", "    def __init__(self, session):", "        self.session = session", ""]
    if query.prelude or random.random() < 0.4:
        lines = [*query.prelude, *_closing(end, query.text)]
    else:
        body += ["    def _base(self):", f"        return {first}", ""]
        lines = _closing(end, f"self._base(){rest}")
    body += ["    def find(self):", *_indent(lines, 2), "", ""]
    text = "\n".join(body).replace(SESSION, "self.session")
    return module_text(f"{text}\ndef run(s):\n    return Repository(s).find()\n"), True


def _twice(random: Random, query: Draft, end: Ending) -> tuple[str, bool]:
    lines = [*query.prelude, f"q = {query.text}", "total = q.count()"]
    kind = random.random()
    if kind < 0.4:
        lines += ["page = q.limit(2).offset(1).all()", "return (total, page)"]
    elif kind < 0.6:
        lines += ["again = [x for x in q]", "return (total, again, q.first())"]
    else:
        lines += [line.replace(HOLE, "q") for line in end.lines]
        lines.append(f"return (total, {end.value.replace(HOLE, 'q')})")
    return finished("\n".join(["def run(s):", *_indent(lines)])), True


def _several_functions(random: Random, query: Draft, end: Ending) -> tuple[str, bool]:
    other = draft(random)
    body = ["def total(db):", *_indent([*other.prelude, f"return {other.text}.count()"]), "", ""]
    body += ["def fetch(db, skip=False):", "    if skip:", "        return None"]
    body += [*_indent([*query.prelude, *_closing(end, query.text)]), "", ""]
    text = "\n".join(body).replace(SESSION, "db")
    run = random.choice(("return (total(s), fetch(s), fetch(s, skip=True))", "return [total(db=s), fetch(db=s)]"))
    return module_text(f"{text}\ndef run(s):\n    {run}\n"), True


def _inherited(random: Random, query: Draft, end: Ending) -> tuple[str, bool]:
    first, rest = _split(random, query)
    if query.prelude:
        first, rest = query.start, "".join(query.steps)
    body = ["class Base:", "    def __init__(self, session):", "        self.session = session", ""]
    body += ["    def count(self, q):", "        return q.count()", ""] if random.random() < 0.2 else []
    body += ["    def fetch(self):", "        raise NotImplementedError", "", ""]
    body += [
        "class Found(Base):",
        "    def fetch(self):",
        *_indent([*query.prelude, *_closing(end, first + rest)], 2),
        "",
        "",
    ]
    text = "\n".join(body).replace(SESSION, "self.session")
    return module_text(
        f"{text}\ndef show(source):\n    return source.fetch()\n\n\ndef run(s):\n    return show(Found(s))\n"
    ), True


def _static(random: Random, query: Draft, end: Ending) -> tuple[str, bool]:
    kind = random.choice(("staticmethod", "classmethod"))
    first = "db" if kind == "staticmethod" else "cls, db"
    body = ["class Queries:", f"    @{kind}", f"    def fetch({first}, times=1):"]
    body += _indent([*query.prelude, *_closing(end, query.text)], 2)
    text = "\n".join(body).replace(SESSION, "db")
    return module_text(f"{text}\n\n\ndef run(s):\n    return Queries.fetch(s, times=2)\n"), True


def _caught(random: Random, query: Draft, end: Ending) -> tuple[str, bool]:
    lines = [*query.prelude, "try:", *_indent(_closing(end, query.text))]
    lines += ["except (NoResultFound, MultipleResultsFound) as error:", "    return type(error).__name__"]
    if random.random() < 0.5:
        lines += ["except IndexError:", "    return []"]
    return finished("\n".join(["def run(s):", *_indent(lines)])), True


def _in_expression(random: Random, query: Draft, end: Ending) -> tuple[str, bool]:
    value = end.value.replace(HOLE, query.text)
    use = random.choice(
        (
            "return [{0}, len(str(1))]",
            "return {{'value': {0}, 'again': {0}}}",
            "return ({0}) if s else None",
            "kept = ({0})\nreturn kept",
            "if (kept := ({0})):\n    return ['some', kept]\nreturn ['none', kept]",
            "return ({0}) or 'nothing'",
            "return not ({0})",
            "return ({0}) is None",
            "return (lambda x: x)({0})",
        )
    )
    lines = [*query.prelude, *(line.replace(HOLE, query.text) for line in end.lines), use.format(value)]
    return finished("\n".join(["def run(s):", *_indent(lines)])), True


def _in_comprehension(random: Random, query: Draft, end: Ending) -> tuple[str, bool]:
    if end.lines or query.has("aggregate"):
        return _nested(random, query, end)
    source = query.sources[0]
    criterion = f".filter({source.name}.{source.model.keys[0]} == number)"
    value = end.value.replace(HOLE, query.text + criterion)
    each = random.choice(
        (
            "[{0} for number in (1, 2, 9)]",
            "{{number: {0} for number in (1, 2)}}",
            "[{0} for number in range(3) if number]",
        )
    )
    return finished("\n".join(["def run(s):", *_indent([*query.prelude, f"return {each.format(value)}"])])), True


def _keyword_only(random: Random, query: Draft, end: Ending) -> tuple[str, bool]:
    source = query.sources[0]
    annotation = random.choice(("", ": Session"))
    body = [
        f"def search(db{annotation}, *, number=None, start=0, size=10):",
        *_indent([*query.prelude, f"q = {query.text}"]),
    ]
    body += ["    if number is not None:", f"        q = q.filter({source.name}.{source.model.keys[0]} == number)"]
    if random.random() < 0.5:
        body += ["    return q.offset(start).limit(size).all()"]
    else:
        body += _indent(_closing(end, "q"))
    text = "\n".join(body).replace(SESSION, "db")
    return module_text(
        f"{text}\n\n\ndef run(s):\n    return [search(s), search(s, number=1), search(db=s, start=1, size=2)]\n"
    ), True


_COMPOSITIONS: tuple[Callable[[Random, Draft, Ending], tuple[str, bool]], ...] = (
    *(_one_chain,) * 3,
    _stepwise,
    _stepwise,
    _conditional,
    _looped,
    _returning,
    _taking,
    _nested,
    _in_class,
    _twice,
    _several_functions,
    _inherited,
    _static,
    _caught,
    _in_expression,
    _in_comprehension,
    _keyword_only,
)

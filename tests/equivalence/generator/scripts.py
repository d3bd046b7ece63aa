"""Random programs that write: added, changed and deleted objects, bulk updates and deletes, transactions.

Programs that only read are in `compositions`.
"""

from __future__ import annotations

from random import Random

from .compositions import finished
from .program import Program
from .vocabulary import MODELS, SESSION, Model, Source, about_number, about_text, literal_for

_WRITABLE = ("Customer", "Address", "Purchase", "Product", "Member", "Coupon", "Seat", "Car", "Category")


def script(random: Random) -> Program:
    """A random program that writes."""
    lines: list[str] = []
    results: list[str] = []
    traits = {"script"}
    for number in range(random.randint(1, 4)):
        _statement(random, number, lines, results, traits)
    if random.random() < 0.4:
        lines.append(f"{SESSION}.commit()")
    traits = {trait for trait in traits if not trait.startswith("held_")}
    results.append(f"{SESSION}.query({random.choice(_WRITABLE)}).count()")
    lines.append(f"return ({', '.join(results)},)")
    if random.random() < 0.3:
        return Program(_method(lines), True, frozenset(traits | {"in_class"}))
    body = ["def run(s):", *("    " + line for line in lines)]
    return Program(finished("\n".join(body)), True, frozenset(traits))


def _method(lines: list[str]) -> str:
    text = "\n".join("        " + line for line in lines).replace(SESSION, "self.session")
    head = "class Service:\n    def __init__(self, session: Session):\n        self.session = session\n"
    return finished(f"{head}\n    def work(self):\n{text}\n\n\ndef run(s):\n    return Service(s).work()\n")


def _statement(random: Random, number: int, lines: list[str], results: list[str], traits: set[str]) -> None:
    # An object that was held over a commit is not expired in the async form, and a bulk write then treats it otherwise
    # (SEMANTICS P16): bulk writes keep to other classes.
    free = [word for word in _WRITABLE if f"held_{word}" not in traits]
    model = MODELS[random.choice(free)]
    name, n = model.name, f"n{number}"
    where = _simple(random, model)
    roll = random.random()
    if roll < 0.3:
        traits.add("update")
        call = f"{SESSION}.query({name}).{where}.update({_values(random, model)}{_strategy(random)})"
        _counted(random, call, n, lines, results)
    elif roll < 0.5:
        traits.add("delete")
        call = f"{SESSION}.query({name}).{where}.delete({_strategy(random).removeprefix(', ')})"
        if random.random() < 0.2:
            lines += [f"if {call}:", f"    {SESSION}.flush()", "else:", f"    {SESSION}.rollback()"]
        else:
            _counted(random, call, n, lines, results)
    elif roll < 0.62:
        traits.add("add")
        lines.append(f"{SESSION}.add({_new(random, number)})")
        if random.random() < 0.3:
            lines.append(f"{SESSION}.{random.choice(('flush', 'commit'))}()")
    elif roll < 0.75:
        traits.add("change")
        column = random.choice(model.texts)
        lines += [f"{n} = {SESSION}.query({name}).{where}.order_by({_keys(model)}).first()", f"if {n} is not None:"]
        lines.append(f"    {n}.{column} = 'new{number}'")
        if random.random() < 0.5:
            lines.append(f"    {SESSION}.{random.choice(('flush', 'commit'))}()")
        results.append(n)
        traits.add(f"held_{name}")
    elif roll < 0.85:
        traits.add("change")
        column = random.choice([t for t in model.texts if t != model.unique] or model.texts)
        lines += [f"for x in {SESSION}.query({name}).{where}:", f"    x.{column} = 'many'"]
        lines.append(f"{SESSION}.{random.choice(('flush', 'commit'))}()")
    elif roll < 0.92:
        traits.add("delete")
        members = f"{SESSION}.query(Member).{_simple(random, MODELS['Member'])}.all()"
        lines.append(f"for x in {SESSION}.query(Coupon).all() + {members}:")
        lines.append(f"    {SESSION}.delete(x)")
        lines.append(f"{SESSION}.{random.choice(('flush', 'commit'))}()")
    elif roll < 0.96:
        lines.append(f"{n} = {SESSION}.query({name}).{where}.count()")
        lines.append(f"{SESSION}.{random.choice(('rollback', 'commit', 'flush', 'expire_all'))}()")
        results.append(n)
    else:
        lines.append(f"{n} = {SESSION}.query({_key(model)}).{where}.order_by({_keys(model)}).all()")
        results.append(n)


def _counted(random: Random, call: str, name: str, lines: list[str], results: list[str]) -> None:
    roll = random.random()
    if roll < 0.4:
        lines.append(call)
    elif roll < 0.8:
        lines.append(f"{name} = {call}")
        results.append(name)
    else:
        results.append(call)


def _simple(random: Random, model: Model) -> str:
    """A criterion that also an update in memory can evaluate, most of the time."""
    source = Source(model, model.name)
    roll = random.random()
    if roll < 0.25:
        column = random.choice(model.columns)
        return f"filter_by({column}={literal_for(random, model, column)})"
    if roll < 0.8:
        return f"filter({about_number(random, f'{source.name}.{random.choice(model.numbers)}')})"
    return f"filter({about_text(random, f'{source.name}.{random.choice(model.texts)}')})"


def _strategy(random: Random) -> str:
    return random.choice(
        (
            "",
            "",
            "",
            ", synchronize_session=False",
            ", synchronize_session='fetch'",
            ", synchronize_session='evaluate'",
            ", False",
            ", 'fetch'",
        )
    )


def _values(random: Random, model: Model) -> str:
    text = random.choice(model.texts)
    number = next((column for column in model.numbers if column not in model.keys and "_id" not in column), None)
    choices = [f"{{{text!r}: 'set'}}", f"{{{model.name}.{text}: 'set'}}"]
    if number:
        choices += [
            f"{{{number!r}: 5}}",
            f"{{{model.name}.{number}: {model.name}.{number} + 1}}",
            f"{{{number!r}: 6, {text!r}: 'both'}}",
        ]
    return random.choice(choices)


def _new(random: Random, number: int) -> str:
    return random.choice(
        (
            f"Product(name='added', price={number})",
            f"Address(street='New {number}', customer_id=2)",
            f"Customer(name='bo', age=30, email='added{number}@x')",
            "Customer(name='clash', email='ann@x')",
            f"Coupon(code='c{number}', customer_id=1)",
        )
    )


def _keys(model: Model) -> str:
    return ", ".join(f"{model.name}.{key}" for key in model.keys)


def _key(model: Model) -> str:
    return f"{model.name}.{model.keys[0]}"

"""One random application from a seed. Its parts are in `layers`, its files in `layout`."""

from __future__ import annotations

from random import Random

from .application import Application
from .layers import Layers
from .layout import files_of


def generate(seed: str) -> Application:
    """The application of a seed, such as `7:12`."""
    random = Random(seed)
    layers = Layers(random)
    modules = {
        "database": layers.database(),
        "models": layers.models(),
        "errors": layers.errors(),
        "helpers": layers.helpers(),
    }
    for module, makers in (
        ("repositories", (layers.function, layers.repository, layers.repository, layers.plain)),
        ("services", (layers.function, layers.service, layers.service, layers.function, layers.opener)),
        ("reports", (layers.opener, layers.opener, layers.script, layers.plain, layers.opener)),
    ):
        extra = [
            maker
            for feature, maker in (
                ("recursion", layers.recursion),
                ("generator", layers.generator_function),
                ("consumed_generator", layers.generator_function),
                ("stateless", layers.stateless),
                ("factory_held", layers.holder),
            )
            if layers.has(feature) and random.random() < 0.5
        ]
        chosen = [random.choice(makers) for _ in range(random.randint(1, 3))] + extra
        random.shuffle(chosen)
        modules[module] = [line for maker in chosen for line in maker(module)]
    modules["main"] = layers.main()
    modules = {name: lines for name, lines in modules.items() if lines}
    return Application(files_of(random, _used(modules)), layers.traits)


def _used(modules: dict[str, list[str]]) -> dict[str, list[str]]:
    """The modules that the script reaches; the models always, for they register the tables."""
    reached, pending = {"models"}, ["main", "models"]
    while pending:
        name = pending.pop()
        reached.add(name)
        text = "\n".join(modules[name])
        pending += [other for other in modules if other not in reached and f"«{other}." in text]
    return {name: lines for name, lines in modules.items() if name in reached}

"""What the generator hands out: a program's text, the modules it imports, and whether it has to be rewritten."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from ..programs import module_text


@dataclass(frozen=True, slots=True)
class Program:
    """A legacy module with an entry `run(s)`, and the modules by name that it imports beside the models.

    `exact`: SEMANTICS.md calls everything in it exact under conditions that hold, so the tool has to rewrite it.
    """

    text: str
    exact: bool
    traits: frozenset[str] = field(default_factory=frozenset)
    others: Mapping[str, str] = field(default_factory=dict)


def in_files(random: Random, text: str) -> tuple[str, dict[str, str]]:
    """What is above `run` moves to a module of its own."""
    name = f"queries_{random.randint(1, 999_999)}"
    upper, lower = text.split("\n\n\ndef run(s", 1)
    lower = f"def run(s{lower}"
    defined = [n.name for n in ast.parse(upper).body if isinstance(n, (ast.FunctionDef, ast.ClassDef))]
    used = [word for word in defined if re.search(rf"\b{word}\b", lower)]
    if not used:
        return text, {}
    if random.random() < 0.3:
        for word in used:
            lower = re.sub(rf"\b{word}\b", f"{name}.{word}", lower)
        head = f"import {name}\n"
    else:
        head = f"from {name} import {', '.join(used)}\n"
    return head + module_text(lower), {name: upper + "\n"}

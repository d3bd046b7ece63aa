"""Random legacy programs, from any source of randomness: a seed, or Hypothesis, which can then shrink them.

What becomes of them is judged in the package above.
"""

from __future__ import annotations

from random import Random

from .compositions import composed
from .program import Program
from .scripts import script

__all__ = ["Program", "generate"]


def generate(random: Random) -> Program:
    """The next random program."""
    return script(random) if random.random() < 0.22 else composed(random)

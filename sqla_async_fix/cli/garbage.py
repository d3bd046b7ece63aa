"""What the commands do about Python's garbage collector."""

import atexit
import gc


def leave_garbage() -> None:
    """Syntax trees are many objects and no garbage: the collector would take most of the time, and at the end it would
    take apart what goes with the process anyway."""
    gc.disable()
    atexit.register(gc.freeze)

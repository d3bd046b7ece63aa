"""Says where two runs of a program differ, or that they do not. Pictures of results are taken in `canonical`."""

from __future__ import annotations

from .canonical import Canonical, Entity, Picture


def difference(old: Canonical, new: Canonical, *, more_loaded: bool) -> str | None:
    """The first place where `new` is not `old`, or None.

    `more_loaded`: `new` may hold relationships that `old` does not, as a session without `expire_on_commit` or an
    eager relationship leaves them; a relationship that `old` holds must be there with the same contents either way.
    """
    found = _pictures(old.picture, new.picture, "result")
    if found:
        return found
    for name, entity in old.entities.items():
        if name not in new.entities:
            return f"{name} is not reached"
        found = _entities(entity, new.entities[name], name, more_loaded)
        if found:
            return found
    return None


def _entities(old: Entity, new: Entity, name: str, more_loaded: bool) -> str | None:
    if old.state != new.state:
        return f"{name} is {old.state}, now {new.state}"
    for key, picture in old.columns.items():
        if key not in new.columns:
            return f"{name}.{key} is loaded, now not"
        found = _pictures(picture, new.columns[key], f"{name}.{key}")
        if found:
            return found
    for key, picture in old.relations.items():
        if key not in new.relations:
            return f"{name}.{key} is loaded, now not"
        found = _pictures(picture, new.relations[key], f"{name}.{key}")
        if found:
            return found
    if more_loaded:
        return None
    extra = (set(new.columns) - set(old.columns)) | (set(new.relations) - set(old.relations))
    return f"{name}.{min(extra)} is not loaded, now it is" if extra else None


def _pictures(old: Picture, new: Picture, place: str) -> str | None:
    if old == new:
        return None
    if not (isinstance(old, tuple) and isinstance(new, tuple)) or not old or not new or old[0] != new[0]:
        return f"{place}: {_short(old)}, now {_short(new)}"
    kind = old[0]
    if kind == "row":
        return _rows(old, new, place)
    if kind in ("list", "tuple", "iterator", "mapping", "set"):
        return _sequences(old[1], new[1], place)
    if kind == "entity":
        return f"{place}: {old[1]}, now {new[1]}"
    if not isinstance(kind, str) and len(old) == len(new):
        return _sequences(old, new, place)
    return f"{place}: {_short(old)}, now {_short(new)}"


def _rows(old: Picture, new: Picture, place: str) -> str | None:
    found = _sequences(old[1], new[1], place)
    if found:
        return found
    # SEMANTICS P4: same-named columns and unlabelled functions are named differently on a 2.0 row by design.
    named = len(set(old[2])) == len(old[2]) == len(old[1]) and not any(name.startswith("%(") for name in old[2])
    if named and old[2] != new[2]:
        return f"{place}: keys {old[2]}, now {new[2]}"
    return None


def _sequences(old: Picture, new: Picture, place: str) -> str | None:
    if len(old) != len(new):
        return f"{place}: {len(old)} items, now {len(new)}"
    for index, (one, other) in enumerate(zip(old, new, strict=True)):
        found = _pictures(one, other, f"{place}[{index}]")
        if found:
            return found
    return None


def _short(picture: Picture) -> str:
    text = repr(picture)
    return text if len(text) <= 120 else text[:117] + "..."

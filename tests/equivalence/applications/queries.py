"""Random database reads, in the legacy and in the 2.0 style. `tests.equivalence.generator` is about their variety."""

from __future__ import annotations

from .units import Place, Type
from .writer import Writer

_CLASS = {"author": "«models.Author»", "book": "«models.Book»", "authors": "«models.Author»", "books": "«models.Book»"}
_SELECT = "«sqlalchemy.select»"


class Queries(Writer):
    """Reads by the type of what they give."""

    def _legacy(self) -> bool:
        if not self.has("statement"):
            return True
        return self.has("legacy_query") and self.chance(0.6)

    def query_int(self, place: Place) -> str:
        """A count, a sum, a maximum."""
        s, model = place.session, _CLASS[self.pick(("author", "book"))]
        if self._legacy():
            return self.pick(
                (
                    f"{s}.query({model}).count()",
                    f"{s}.query({model}).filter({model}.id > {self.pick((0, 1, 2))}).count()",
                    f"({s}.query(«sqlalchemy.func».max({model}.id)).scalar() or 0)",
                    f"({s}.query(«sqlalchemy.func».sum(«models.Author».age)).scalar() or 0)",
                )
            )
        return self.pick(
            (
                f"({s}.scalar({_SELECT}(«sqlalchemy.func».count()).select_from({model})) or 0)",
                f"({s}.execute({_SELECT}(«sqlalchemy.func».max({model}.id))).scalar() or 0)",
                f"len({s}.scalars({_SELECT}({model}.id)).all())",
            )
        )

    def query_str(self, place: Place) -> str:
        """A name or a title."""
        s = place.session
        column = self.pick(("«models.Author».name", "«models.Book».title", "«models.Team».name"))
        model = column.partition("»")[0] + "»"
        if self._legacy():
            return f"({s}.query({column}).filter({model}.id == {self.pick((1, 2, 3))}).scalar() or 'nothing')"
        return f"({s}.scalar({_SELECT}({column}).where({model}.id == {self.pick((1, 2, 3))})) or 'nothing')"

    def query_ints(self, place: Place) -> str:
        """Ages or prices."""
        s, column = place.session, self.pick(("«models.Author».age", "«models.Book».price"))
        model = column.partition("»")[0] + "»"
        row = self.fresh("row")
        if self._legacy():
            return self.pick(
                (
                    f"[{row}[0] for {row} in {s}.query({column}).order_by({model}.id)]",
                    f"[{row} for ({row},) in {s}.query({column}).order_by({model}.id).all()]",
                )
            )
        return self.pick(
            (
                f"list({s}.scalars({_SELECT}({column}).order_by({model}.id)))",
                f"{s}.execute({_SELECT}({column}).order_by({model}.id)).scalars().all()",
                f"[{row}[0] for {row} in {s}.execute({_SELECT}({column}).order_by({model}.id))]",
            )
        )

    def query_strs(self, place: Place) -> str:
        """Names or titles."""
        s = place.session
        name = self.fresh("x")
        if self._legacy():
            return f"[{name}.title for {name} in {s}.query(«models.Book»).order_by(«models.Book».id)]"
        return f"list({s}.scalars({_SELECT}(«models.Author».name).order_by(«models.Author».id)).all())"

    def query_entity(self, type_: Type, place: Place, key: str) -> str:
        """One object or None."""
        s, model = place.session, _CLASS[type_]
        if self._legacy():
            return self.pick(
                (
                    f"{s}.query({model}).get({key})",
                    f"{s}.query({model}).filter({model}.id == {key}).first()",
                    f"{s}.query({model}).filter_by(id={key}).one_or_none()",
                    f"{s}.query({model}).order_by({model}.id.desc()).first()",
                )
            )
        return self.pick(
            (
                f"{s}.get({model}, {key})",
                f"{s}.execute({_SELECT}({model}).where({model}.id == {key})).scalar_one_or_none()",
                f"{s}.scalars({_SELECT}({model}).order_by({model}.id)).first()",
            )
        )

    def query_entities(self, type_: Type, place: Place) -> str:
        """A list of objects."""
        s, model = place.session, _CLASS[type_]
        if self._legacy():
            return self.pick(
                (
                    f"{s}.query({model}).order_by({model}.id).all()",
                    f"{s}.query({model}).filter({model}.id < {self.pick((2, 3, 4))}).order_by({model}.id).all()",
                    f"list({s}.query({model}).order_by({model}.id.desc()).limit(2))",
                )
            )
        return f"{s}.scalars({_SELECT}({model}).order_by({model}.id)).all()"

"""Members of a mapped class's body: columns, relationships, hybrids, table arguments. Inheritance is in `mapping`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import replace

from sqla_async_fix.model.kinds import External, ExternalInstance, Kind, Unknown
from sqla_async_fix.model.knowledge import sql_constructs as known
from sqla_async_fix.model.mapped import Column, Relationship
from sqla_async_fix.model.member_syntax import (
    annotated_target,
    backref_of,
    called,
    is_false,
    is_true,
    last_name,
    lazy_of,
    text_of,
    unwrapped,
    without_none,
    written_target,
)
from sqla_async_fix.model.syntax import walk

_COLUMN_MAKERS = frozenset({"Column", "mapped_column", "column_property", "deferred", "query_expression", "Field"})
_RELATIONSHIP_MAKERS = frozenset({"relationship", "relation", "dynamic_loader", "Relationship"})
_OTHER_MAKERS = frozenset({"synonym", "association_proxy", "composite", "hybrid_property", "column_property"})
_HYBRID_DECORATORS = frozenset({"hybrid_property", "hybrid_method", "expression", "comparator", "inplace"})
_MAPPED = frozenset({"Mapped", "DynamicMapped", "WriteOnlyMapped"})
_PARTIAL = frozenset({"postgresql_where", "sqlite_where", "mssql_where", "oracle_where"})
_ROOTS = ("sqlalchemy", "sqlmodel", "flask_sqlalchemy", "flask_appbuilder", "geoalchemy2")


class ClassBody:
    """What one class body maps; `read()` fills it. `complete` turns False at the first member that cannot be read."""

    def __init__(self, node: ast.ClassDef, evaluate: Callable[[ast.expr], Kind]) -> None:
        self.node = node
        self.evaluate = evaluate
        self.columns: dict[str, Column] = {}
        self.relationships: dict[str, Relationship] = {}
        self.hybrids: set[str] = set()
        self.proxies: dict[str, tuple[str, str]] = {}
        self.plain: set[str] = set()
        self.foreign_keys: set[str] = set()
        self.table = ""
        self.has_table = False
        self.polymorphic = False
        self.complete = True
        self._attributes: dict[str, str] = {}
        self._unique: list[list[str]] = []
        self._keys: list[str] = []
        self._sqlmodel = self._is_sqlmodel()

    def read(self, assigned: Sequence[tuple[str, ast.expr]] = ()) -> None:
        """Read every statement of the body, then what is assigned to the class later."""
        for statement in self.node.body:
            if isinstance(statement, ast.Assign):
                for target in statement.targets:
                    if isinstance(target, ast.Name):
                        self._member(target.id, None, statement.value)
            elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                self._member(statement.target.id, statement.annotation, statement.value)
            elif isinstance(statement, ast.FunctionDef):
                self._function(statement)
        for name, value in assigned:
            self._member(name, None, value)
        for name in self._keys:
            attribute = self._attributes.get(name, name)
            if attribute in self.columns:
                self.columns[attribute] = _as_key(self.columns[attribute])

    def unique_sets(self) -> list[frozenset[str]]:
        """Attributes that are unique together, single ones included."""
        sets = [frozenset(self._attributes.get(name, name) for name in names) for names in self._unique]
        single = [frozenset({name}) for name, column in self.columns.items() if column.unique]
        return [names for names in (*single, *sets) if names and names <= self.columns.keys()]

    def _is_sqlmodel(self) -> bool:
        if any(keyword.arg == "table" for keyword in self.node.keywords):
            return True
        kinds = [self.evaluate(base) for base in self.node.bases]
        return any(isinstance(kind, External) and kind.name.startswith("sqlmodel.") for kind in kinds)

    # --- one member --------------------

    def _member(self, name: str, annotation: ast.expr | None, value: ast.expr | None) -> None:
        if name.startswith("__") and name.endswith("__"):
            if value is not None:
                self._special(name, value)
            return
        mapped = unwrapped(annotation) if annotation is not None else None
        wrapper = last_name(annotation.value) if isinstance(annotation, ast.Subscript) else ""
        maker = self._maker(value)
        if maker in _RELATIONSHIP_MAKERS and isinstance(value, ast.Call):
            self._relationship(name, maker, mapped, wrapper, value)
        elif maker in _COLUMN_MAKERS and isinstance(value, ast.Call):
            self._column(name, maker, mapped, value)
        elif maker in _OTHER_MAKERS:
            self.hybrids.add(name)
            if maker == "association_proxy" and isinstance(value, ast.Call):
                self._proxy(name, value)
        elif annotation is not None and (wrapper in _MAPPED or (self._sqlmodel and wrapper != "ClassVar")):
            self._annotated(name, mapped, value)
        elif value is not None:
            self._other(name, value)

    def _maker(self, value: ast.expr | None) -> str:
        """The short name of SQLAlchemy's function that a value calls."""
        if not isinstance(value, ast.Call):
            return ""
        kind = self.evaluate(value.func)
        last = last_name(value.func)
        if isinstance(kind, (External, ExternalInstance)):
            return kind.name.rsplit(".", 1)[-1] if kind.name.startswith(_ROOTS) else ""
        return last if isinstance(kind, Unknown) else ""

    def _other(self, name: str, value: ast.expr) -> None:
        self.plain.add(name)
        if isinstance(value, (ast.Name, ast.Attribute)) and last_name(value) in self.columns:
            return
        if isinstance(value, (ast.Call, ast.Name, ast.Attribute)):
            kind = self.evaluate(value)
            name_of = kind.name if isinstance(kind, (External, ExternalInstance)) else ""
            if isinstance(kind, Unknown) or name_of.startswith(_ROOTS):
                self.complete = False

    def _function(self, node: ast.FunctionDef) -> None:
        names = {last_name(each.func if isinstance(each, ast.Call) else each) for each in node.decorator_list}
        owners = {last_name(each.value) for each in node.decorator_list if isinstance(each, ast.Attribute)}
        if names & _HYBRID_DECORATORS or "hybrid_property" in owners:
            self.hybrids.add(node.name)
        elif "declared_attr" in names | owners:
            returned = [each.value for each in walk(node) if isinstance(each, ast.Return)]
            if len(returned) == 1 and returned[0] is not None:
                self._member(node.name, node.returns, returned[0])
            elif not node.name.startswith("__") or node.name == "__mapper_args__":
                self.complete = False
            if node.name in ("__tablename__", "__table__"):
                self.has_table = True
        else:
            self.plain.add(node.name)

    # --- columns --------------------

    def _annotated(self, name: str, mapped: ast.expr | None, value: ast.expr | None) -> None:
        inner, optional = without_none(mapped)
        plain = last_name(inner) in known.HASHABLE_ANNOTATIONS if inner is not None else False
        if not plain and not self._sqlmodel and not self._is_class(inner):
            self.complete = False
        self._add(name, Column(name, nullable=optional, hashable=plain))

    def _is_class(self, node: ast.expr | None) -> bool:
        """Whether an annotation names a plain class (an enumeration), not an alias that may hide a column."""
        return node is not None and not isinstance(self.evaluate(node), Unknown) and isinstance(node, ast.Name)

    def _column(self, name: str, maker: str, mapped: ast.expr | None, value: ast.Call) -> None:
        keywords = {keyword.arg: keyword.value for keyword in value.keywords if keyword.arg}
        if any(keyword.arg is None for keyword in value.keywords):
            self.complete = False
        inner_call = keywords.get("sa_column") if maker == "Field" else value.args[0] if value.args else None
        if maker in ("deferred", "column_property", "Field") and isinstance(inner_call, ast.Call):
            inner_maker = self._maker(inner_call)
            if inner_maker in ("Column", "mapped_column"):
                self._column(name, inner_maker, mapped, inner_call)
                if maker == "deferred":
                    self.columns[name] = _deferred(self.columns[name])
                return
        inner, optional = without_none(mapped)
        hashable, unhashable = self._hashability(value, keywords)
        if not hashable and not unhashable and inner is not None and not self._has_type(value, keywords):
            hashable = last_name(inner) in known.HASHABLE_ANNOTATIONS
            if not hashable and not self._is_class(inner) and maker == "mapped_column":
                self.complete = self.complete and isinstance(inner, ast.Subscript)
        primary_key = is_true(keywords.get("primary_key"))
        nullable = optional if inner is not None else True
        if "nullable" in keywords:
            nullable = not is_false(keywords["nullable"])
        column = Column(
            name,
            primary_key=primary_key,
            unique=is_true(keywords.get("unique")),
            nullable=nullable and not primary_key,
            hashable=hashable,
            unhashable=unhashable,
            deferred=maker == "deferred" or is_true(keywords.get("deferred")),
            server_default=self._has_server_default(value, keywords),
            server_onupdate="server_onupdate" in keywords or self._maker(keywords.get("onupdate")) != "",
            computed=maker == "column_property",
            renamed=text_of(value.args[0] if value.args else None) not in (None, name) or "name" in keywords,
            references=self._foreign_keys(value, keywords),
        )
        if maker in ("Column", "mapped_column") and value.args and text_of(value.args[0]) is not None:
            self._attributes[str(text_of(value.args[0]))] = name
        self._add(name, column)

    def _add(self, name: str, column: Column) -> None:
        self.columns[name] = column
        self.relationships.pop(name, None)

    def _type_arguments(self, value: ast.Call, keywords: dict[str, ast.expr]) -> list[ast.expr]:
        named = [keywords[key] for key in ("type_", "sa_type") if key in keywords]
        return [*named, *(arg for arg in value.args[:2] if text_of(arg) is None)]

    def _has_type(self, value: ast.Call, keywords: dict[str, ast.expr]) -> bool:
        return any(last_name(called(arg)) != "ForeignKey" for arg in self._type_arguments(value, keywords))

    def _hashability(self, value: ast.Call, keywords: dict[str, ast.expr]) -> tuple[bool, bool]:
        for arg in self._type_arguments(value, keywords):
            name = last_name(called(arg))
            kind = self.evaluate(called(arg))
            if isinstance(kind, (External, ExternalInstance)):
                name = kind.name.rsplit(".", 1)[-1] if kind.name.startswith(_ROOTS) else ""
            elif not isinstance(kind, Unknown):
                name = ""
            if name in known.HASHABLE_TYPES:
                return True, False
            if name in known.UNHASHABLE_TYPES:
                return False, True
        return False, False

    def _has_server_default(self, value: ast.Call, keywords: dict[str, ast.expr]) -> bool:
        made = {last_name(called(arg)) for arg in value.args}
        return bool(made & {"Computed", "Identity", "FetchedValue"}) or "server_default" in keywords

    def _foreign_keys(self, value: ast.Call, keywords: dict[str, ast.expr]) -> str:
        """The table that a column's foreign key leads to, the last one if there are several."""
        keys = [
            arg.args[0]
            for arg in value.args
            if isinstance(arg, ast.Call) and last_name(arg.func) == "ForeignKey" and arg.args
        ]
        if "foreign_key" in keywords:
            keys.append(keywords["foreign_key"])
        tables = [text.rpartition(".")[0] for key in keys if (text := text_of(key)) is not None]
        self.foreign_keys.update(tables)
        return tables[-1] if tables else ""

    # --- relationships --------------------

    def _relationship(self, name: str, maker: str, mapped: ast.expr | None, wrapper: str, value: ast.Call) -> None:
        keywords = {keyword.arg: keyword.value for keyword in value.keywords if keyword.arg}
        extra = keywords.get("sa_relationship_kwargs")
        if isinstance(extra, ast.Dict):
            keywords |= {
                str(text_of(key)): each for key, each in zip(extra.keys, extra.values, strict=True) if key is not None
            }
        elif extra is not None or any(keyword.arg is None for keyword in value.keywords):
            self.complete = False
        inner, _ = without_none(mapped)
        target, many = annotated_target(inner)
        written = value.args[0] if value.args else keywords.get("argument")
        target = written_target(written) or target
        many_to_many = "secondary" in keywords or "link_model" in keywords or (len(value.args) > 1)
        collection = many if inner is not None and mapped is not None else None
        if "uselist" in keywords:
            collection = True if is_true(keywords["uselist"]) else False if is_false(keywords["uselist"]) else None
        elif collection is None and (many_to_many or wrapper in ("DynamicMapped", "WriteOnlyMapped")):
            collection = True
        elif collection is None and "remote_side" in keywords:
            collection = False
        lazy = lazy_of(keywords.get("lazy"))
        if maker == "dynamic_loader" or wrapper == "DynamicMapped":
            lazy = "dynamic"
        elif wrapper == "WriteOnlyMapped":
            lazy = "write_only"
        backref, backref_lazy, backref_collection = backref_of(keywords.get("backref"))
        self.columns.pop(name, None)
        self.relationships[name] = Relationship(
            name,
            target,
            collection,
            lazy,
            (value.lineno, value.col_offset),
            backref,
            backref_lazy,
            backref_collection,
            many_to_many,
        )

    def _proxy(self, name: str, value: ast.Call) -> None:
        given = {keyword.arg: keyword.value for keyword in value.keywords}
        given |= dict(zip(("target_collection", "attr"), value.args, strict=False))
        relationship, attribute = (text_of(given.get(key)) for key in ("target_collection", "attr"))
        if relationship is not None and attribute is not None:
            self.proxies[name] = relationship, attribute

    # --- special members --------------------

    def _special(self, name: str, value: ast.expr) -> None:
        if name == "__tablename__":
            self.has_table, self.table = True, text_of(value) or ""
        elif name == "__table__":
            self.has_table = True
            self._table(value)
        elif name == "__table_args__":
            for each in value.elts if isinstance(value, (ast.Tuple, ast.List)) else [value]:
                self._table_argument(each)
        elif name == "__mapper_args__":
            self._mapper_arguments(value)

    def _table(self, value: ast.expr) -> None:
        if not isinstance(value, ast.Call) or last_name(value.func) != "Table" or not value.args:
            self.complete = False
            return
        self.table = text_of(value.args[0]) or ""
        for arg in value.args[2:]:
            if (
                isinstance(arg, ast.Call)
                and self._maker(arg) == "Column"
                and arg.args
                and text_of(arg.args[0]) is not None
            ):
                self._column(str(text_of(arg.args[0])), "Column", None, arg)
            elif isinstance(arg, ast.Call) and last_name(arg.func).endswith(("Constraint", "Index")):
                self._table_argument(arg)
            else:
                self.complete = False

    def _table_argument(self, node: ast.expr) -> None:
        if not isinstance(node, ast.Call):
            return
        names = [text_of(arg) if text_of(arg) is not None else last_name(arg) for arg in node.args]
        keywords = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
        made = last_name(node.func)
        if made == "PrimaryKeyConstraint":
            self._keys.extend(str(name) for name in names)
        elif made == "UniqueConstraint":
            self._unique.append([str(name) for name in names])
        elif made == "Index" and not keywords.keys() & _PARTIAL and is_true(keywords.get("unique")):
            self._unique.append([str(name) for name in names[1:]])

    def _mapper_arguments(self, value: ast.expr) -> None:
        if not isinstance(value, ast.Dict):
            self.complete = False
            return
        for key in value.keys:
            text = text_of(key) if key is not None else None
            if text is None or text in ("primary_key", "with_polymorphic", "properties", "polymorphic_load"):
                self.complete = False
            elif text.startswith("polymorphic"):
                self.polymorphic = True


def _as_key(column: Column) -> Column:
    return replace(column, primary_key=True, nullable=False)


def _deferred(column: Column) -> Column:
    return replace(column, deferred=True)

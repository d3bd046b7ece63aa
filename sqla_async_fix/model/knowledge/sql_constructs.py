"""SQL constructs of SQLAlchemy by short name: from where they are imported and what they give. Data only."""

from __future__ import annotations

MODULES = (
    "sqlalchemy.sql.expression",
    "sqlalchemy.sql.functions",
    "sqlalchemy.sql.selectable",
    "sqlalchemy.sql.elements",
    "sqlalchemy.sql.dml",
    "sqlalchemy.sql",
    "sqlalchemy.future",
    "sqlalchemy.orm.strategy_options",
    "sqlalchemy.orm.util",
    "sqlalchemy.orm.query",
    "sqlalchemy.orm.relationships",
    "sqlalchemy.orm",
    "sqlalchemy.dialects.postgresql",
    "sqlalchemy.dialects.mysql",
    "sqlalchemy.dialects.sqlite",
    "sqlalchemy.schema",
    "sqlalchemy",
    "sqlmodel.sql.expression",
    "sqlmodel",
)
"""Modules that offer SQL constructs under their own short name."""

STATEMENTS = frozenset({"select"})
DML = frozenset({"insert", "update", "delete", "text"})
STREAMING = frozenset({"yield_per", "stream_results"})
"""Execution options by which a result is not buffered."""
SET_OPERATIONS = frozenset({"union", "union_all", "intersect", "intersect_all", "except_", "except_all"})
ENTITIES = frozenset({"aliased", "with_polymorphic"})
TABLES = frozenset({"table", "Table", "values", "alias", "subquery", "lateral", "tablesample", "cte"})
JOINS = frozenset({"join", "outerjoin"})

JOINED_LOADERS = frozenset({"joinedload", "contains_eager"})
OTHER_LOADERS = frozenset(
    {
        "Load",
        "defaultload",
        "defer",
        "immediateload",
        "lazyload",
        "load_only",
        "noload",
        "raiseload",
        "selectin_polymorphic",
        "selectinload",
        "subqueryload",
        "undefer",
        "undefer_group",
        "with_expression",
        "with_loader_criteria",
    }
)

CRITERIA = frozenset({"and_", "or_", "not_"})
NO_SOURCE = frozenset(
    {"literal", "literal_column", "bindparam", "null", "true", "false", "column", "outparam", "exists", "quoted_name"}
)
"""Expressions that bring nothing into FROM."""

TRANSPARENT = frozenset({"asc", "desc", "nulls_first", "nulls_last", "nullsfirst", "nullslast", "collate", "col"})
"""Functions that give their first argument back in other clothes."""

COMPOUND = frozenset(
    {
        "all_",
        "any_",
        "array",
        "between",
        "bitwise_not",
        "case",
        "cast",
        "try_cast",
        "distinct",
        "extract",
        "funcfilter",
        "label",
        "over",
        "tuple_",
        "type_coerce",
        "within_group",
        "Bundle",
        "aggregate_order_by",
        "with_parent",
    }
)

AGGREGATES = frozenset(
    {
        "aggregate_strings",
        "array_agg",
        "avg",
        "bit_and",
        "bit_or",
        "bool_and",
        "bool_or",
        "count",
        "every",
        "group_concat",
        "json_agg",
        "json_object_agg",
        "jsonb_agg",
        "jsonb_object_agg",
        "max",
        "min",
        "stddev",
        "stddev_pop",
        "stddev_samp",
        "string_agg",
        "sum",
        "total",
        "var_pop",
        "var_samp",
        "variance",
    }
)
LIST_FUNCTIONS = frozenset(
    {"array_agg", "json_agg", "jsonb_agg", "json_object_agg", "jsonb_object_agg", "json_build_object", "to_json"}
)
"""Functions whose values are surely or possibly lists or dicts."""

SAME_TYPE_FUNCTIONS = frozenset({"coalesce", "max", "min", "sum", "nullif", "ifnull", "greatest", "least"})
"""Functions whose value has the type of their arguments."""

SCALAR_FUNCTIONS = frozenset(
    {
        "abs",
        "avg",
        "ceil",
        "char_length",
        "concat",
        "count",
        "current_date",
        "current_time",
        "current_timestamp",
        "current_user",
        "date",
        "date_part",
        "date_trunc",
        "datetime",
        "dense_rank",
        "extract",
        "floor",
        "group_concat",
        "instr",
        "julianday",
        "length",
        "localtime",
        "localtimestamp",
        "lower",
        "ltrim",
        "md5",
        "mod",
        "now",
        "percent_rank",
        "power",
        "random",
        "rank",
        "replace",
        "round",
        "row_number",
        "rtrim",
        "session_user",
        "stddev",
        "strftime",
        "string_agg",
        "substr",
        "substring",
        "sum",
        "sysdate",
        "time",
        "to_char",
        "total",
        "trim",
        "trunc",
        "upper",
        "user",
        "utc_timestamp",
        "variance",
    }
)
"""Functions whose values are numbers, strings, dates or NULL on every database."""

HASHABLE_TYPES = frozenset(
    {
        "BIGINT",
        "BINARY",
        "BLOB",
        "BOOLEAN",
        "BYTEA",
        "BigInteger",
        "Boolean",
        "CHAR",
        "CIDR",
        "CLOB",
        "DATE",
        "DATETIME",
        "DECIMAL",
        "DOUBLE",
        "DOUBLE_PRECISION",
        "Date",
        "DateTime",
        "Double",
        "ENUM",
        "Enum",
        "FLOAT",
        "Float",
        "GUID",
        "INET",
        "INT",
        "INTEGER",
        "INTERVAL",
        "Integer",
        "Interval",
        "LONGTEXT",
        "LargeBinary",
        "MACADDR",
        "MEDIUMTEXT",
        "MONEY",
        "NCHAR",
        "NUMERIC",
        "NVARCHAR",
        "Numeric",
        "OID",
        "REAL",
        "SMALLINT",
        "SmallInteger",
        "String",
        "TEXT",
        "TIME",
        "TIMESTAMP",
        "TINYINT",
        "TSVECTOR",
        "Text",
        "Time",
        "UUID",
        "Unicode",
        "UnicodeText",
        "Uuid",
        "VARBINARY",
        "VARCHAR",
    }
)
UNHASHABLE_TYPES = frozenset({"ARRAY", "HSTORE", "JSON", "JSONB"})

HASHABLE_ANNOTATIONS = frozenset(
    {
        "Decimal",
        "EmailStr",
        "IPv4Address",
        "IPv6Address",
        "UUID",
        "bool",
        "bytes",
        "complex",
        "date",
        "datetime",
        "float",
        "int",
        "str",
        "time",
        "timedelta",
    }
)
"""Annotations of mapped attributes, by last name, whose values hash and whose column type hides nothing."""

COLLECTIONS = frozenset(
    {
        "List",
        "Set",
        "list",
        "set",
        "Collection",
        "Sequence",
        "Dict",
        "dict",
        "KeyFuncDict",
        "MutableSequence",
        "MutableSet",
    }
)
"""Annotations of a relationship to many."""


def canonical(name: str) -> str:
    """The short name of a construct (`select`, `func.count`), or an empty text for a name that is none."""
    if name.startswith(("sqlalchemy.", "sqlmodel.")):
        head, marker, rest = name.partition(".func.")
        if marker and f"{head}.func".rsplit(".", 1)[0] in MODULES:
            return f"func.{rest}"
        module, _, last = name.rpartition(".")
        if module in MODULES:
            return last
    return ""

"""Methods of legacy queries that have no exact 2.0 form, with the way out. Data only."""

from __future__ import annotations

SAME_NAME = frozenset(
    {
        "correlate",
        "correlate_except",
        "prefix_with",
        "suffix_with",
        "with_hint",
        "with_statement_hint",
    }
)
"""Builders that a `select()` has under the same name, with the same meaning, and that change neither rows nor FROM."""

NOT_AFTER_LIMIT = frozenset(
    {"filter", "where", "filter_by", "having", "order_by", "group_by", "join", "outerjoin", "with_parent"}
)
"""Methods that a legacy query with LIMIT or OFFSET refuses while a `select()` silently takes them."""

BINDS_PARAMETERS = NOT_AFTER_LIMIT | frozenset(
    {
        "limit",
        "offset",
        "slice",
        "add_columns",
        "add_column",
        "with_entities",
        "select_from",
        "from_statement",
        "options",
    }
)
"""Builders whose bound parameters a `params()` before them would miss on a `select()`."""

_HAND = "rewrite it by hand"
_FLASK = (
    "is a method of Flask-SQLAlchemy's query class; use `db.session.execute(select(...))` or its `db.{0}(select(...))`"
)

UNSUPPORTED = {
    "from_self": f"`from_self()` retargets later criteria; use `aliased(Model, statement.subquery())` and {_HAND}",
    "select_entity_from": f"`select_entity_from()` retargets later criteria; alias the subquery and {_HAND}",
    "with_polymorphic": "`Query.with_polymorphic()` retargets criteria; query `with_polymorphic(Model, [...])` instead",
    "instances": f"`instances()` has no 2.0 form; execute the statement with the session and {_HAND}",
    "merge_result": f"`merge_result()` has no 2.0 form; use `merge_frozen_result()` and {_HAND}",
    "is_single_entity": "`is_single_entity` has no 2.0 counterpart; decide by what is selected",
    "lazy_loaded_from": "`lazy_loaded_from` has no 2.0 counterpart; use `do_orm_execute` events",
    "dispatch": "query events have no 2.0 counterpart; use `do_orm_execute` events",
    "logger": "`logger` has no 2.0 counterpart; use the logging module",
    "load_options": "`load_options` has no 2.0 counterpart; use `execution_options()`",
    "enable_eagerloads": "`enable_eagerloads()` has no exact 2.0 form; use `options(lazyload('*'))` if that is meant",
    "with_transformation": "`with_transformation()` has no 2.0 form; call the function with the statement",
    "with_lockmode": "`with_lockmode()` is gone; use `with_for_update()`",
    "paginate": f"`paginate()` {_FLASK.format('paginate')}",
    "get_or_404": "`get_or_404()` is a method of Flask-SQLAlchemy's query class; use `db.get_or_404(Model, key)`",
    "first_or_404": f"`first_or_404()` {_FLASK.format('first_or_404')}",
    "one_or_404": f"`one_or_404()` {_FLASK.format('one_or_404')}",
}

ATTRIBUTES_TO_REFUSE = frozenset(
    {"session", "is_single_entity", "lazy_loaded_from", "dispatch", "logger", "load_options"}
)

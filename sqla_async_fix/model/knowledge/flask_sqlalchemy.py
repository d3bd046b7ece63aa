"""What the extension object of Flask-SQLAlchemy has beside the names of SQLAlchemy. Data only."""

from __future__ import annotations

EXTENSION = frozenset({"flask_sqlalchemy.SQLAlchemy", "flask_sqlalchemy.extension.SQLAlchemy"})
"""The dotted names of the class."""

MODEL = "flask_sqlalchemy.SQLAlchemy.Model"
"""The base class of its models."""

QUERY = frozenset({"flask_sqlalchemy.BaseQuery", "flask_sqlalchemy.query.Query", "flask_sqlalchemy.SQLAlchemy.Query"})
"""The dotted names of its query class."""

SESSION_ORIGIN = "flask_sqlalchemy"
"""Stands for the site where the sessions of all extension objects are made."""

MEMBERS = frozenset(
    """
    Model Query app apply_driver_hacks create_all create_scoped_session create_session drop_all engine engines
    first_or_404 get_app get_binds get_engine get_or_404 get_tables_for_bind init_app make_connector
    make_declarative_base metadata metadatas one_or_404 paginate reflect session
    """.split()
)
"""Its own members; every other name is that of SQLAlchemy."""

"""Who reads the relationships of the entities that it is given. Data only."""

from __future__ import annotations

SERIALISING = frozenset({"model_validate", "from_orm", "validate", "parse_obj"})
"""Methods by which a response model takes what it needs from an object."""

RENDERING = frozenset({"TemplateResponse", "render", "render_async", "generate", "stream"})
"""Methods by which a template does."""

TEMPLATES = ("jinja2.", "fastapi.templating.", "starlette.templating.", "mako.")
"""Prefixes of the dotted names of the classes that have them."""

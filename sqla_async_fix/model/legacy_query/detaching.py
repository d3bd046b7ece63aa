"""Queries that leave the expression they began in: bound to a name, returned, made a part of another statement."""

from __future__ import annotations

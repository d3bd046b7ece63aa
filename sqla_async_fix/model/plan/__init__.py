"""The async plan: which functions, sessions, factories and engines change colour together, and what stops them."""

from __future__ import annotations

from sqla_async_fix.model.plan.finding import Finding, Plan
from sqla_async_fix.model.plan.planner import plan

__all__ = ["Finding", "Plan", "plan"]

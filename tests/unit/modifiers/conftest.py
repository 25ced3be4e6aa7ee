"""Columns of real plans, as for the kinds."""

from __future__ import annotations

from tests.unit.generators.conftest import build, compile_columns, problems

__all__ = ["build", "compile_columns", "problems"]

"""Modifiers of columns: one file each, its parameters and its vectorised function together."""

from __future__ import annotations

from tempdata_dagster.engine.modifier import MODIFIERS

__all__ = ["MODIFIERS"]

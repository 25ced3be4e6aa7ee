"""How part files are written: one module per format."""

from __future__ import annotations

from tempdata_dagster.publish.formats.base import FORMATS, Format, Written

__all__ = ["FORMATS", "Format", "Written"]

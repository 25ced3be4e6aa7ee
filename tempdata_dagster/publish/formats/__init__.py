"""How part files are written and read: one module per format."""

from __future__ import annotations

from tempdata_dagster.publish.formats.base import FORMATS, FileLabel, Format, FormatOptions, Written

__all__ = ["FORMATS", "FileLabel", "Format", "FormatOptions", "Written"]

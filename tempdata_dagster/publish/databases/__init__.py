"""Databases as places to publish to: one module per database, chosen by the scheme of a URL. See docs/guide/databases.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.publish.databases.base import DATABASES, Database

__all__ = ["DATABASES", "Database", "open_database"]


def open_database(
    url: str,
    options: Mapping[str, Any] | None = None,
    file_format: str | None = None,
    format_options: Mapping[str, Any] | None = None,
) -> Database:
    """A database by its URL; nothing is connected to before it is needed.

    Args:
        url: `sqlite:///relative.db`, `sqlite:////absolute.db`, `duckdb:///file.duckdb`, `postgresql://host:port/database`,
            `mysql://host:port/database` or `mariadb://`; never with credentials.
        options: `prefix`, `foreign_keys`, `overwrite`, `lock_wait`, and those of the database.
        file_format: None: a database takes rows and no files.
        format_options: None, likewise.

    Raises:
        InputError: TD1001 for an unknown scheme, TD3003, TD3066; TD3004 for an unknown option, or a format.
    """
    if file_format or format_options:
        raise InputError("TD3004", "a database takes rows, and no files of a format", "leave the format out")
    return DATABASES.get(url.partition("://")[0].lower())(url, dict(options or {}))

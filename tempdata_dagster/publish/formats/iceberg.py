"""Apache Iceberg: Parquet files, and snapshots in an SQL catalog, each of which replaces a partition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import field_validator

from tempdata_dagster.core.secrets import SecretRef, redact
from tempdata_dagster.publish.formats.base import FORMATS
from tempdata_dagster.publish.formats.parquet import ParquetOptions
from tempdata_dagster.publish.stores import Store
from tempdata_dagster.publish.tables.files import TableParquet
from tempdata_dagster.publish.tables.types import ICEBERG

if TYPE_CHECKING:
    from tempdata_dagster.publish.tables.iceberg import IcebergLog


class IcebergOptions(ParquetOptions):
    """The options of Parquet, and where the catalog is.

    Attributes:
        catalog: SQLAlchemy's URL of the database that holds the catalog, without a password, or `env:NAME`. By default a
            SQLite file in the lake's own folder, which only a local lake can have.
        catalog_env: The environment variable that holds that URL, password and all.
    """

    catalog: str = ""
    catalog_env: str = ""

    @field_validator("catalog")
    @classmethod
    def _refuse_secrets(cls, url: str) -> str:
        # Options stand in manifests.
        if redact(url) != url:
            raise ValueError(
                "the catalog's URL must not hold credentials: name a variable that holds it by catalog_env"
            )
        return url

    def resolve(self) -> str:
        """The catalog's URL; empty for the default.

        Raises:
            InputError: TD1053 when the variable is not set.
        """
        reference = SecretRef(self.catalog_env) if self.catalog_env else SecretRef.parse(self.catalog)
        return reference.resolve() if reference else self.catalog


@FORMATS.register("iceberg")
class Iceberg(TableParquet):
    """Apache Iceberg tables, of version 2 of its format."""

    name = "iceberg"
    options_class = IcebergOptions
    options: IcebergOptions
    rules = ICEBERG

    def log(self, store: Store) -> IcebergLog:
        """The tables' snapshots, by the catalog."""
        from tempdata_dagster.publish.tables.iceberg import IcebergLog

        return IcebergLog(store, self.options.resolve())

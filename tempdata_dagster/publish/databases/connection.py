"""How a database is reached: its URL, its options, its dialect, and sessions whose errors are ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

from tempdata_dagster.publish.databases.failure import DriverError, mapping_errors
from tempdata_dagster.publish.databases.publication import partition_values
from tempdata_dagster.publish.databases.session import Session
from tempdata_dagster.publish.databases.url import Address, DatabaseOptions, read_options
from tempdata_dagster.publish.layout import PartitionRef
from tempdata_dagster.publish.sql import DIALECTS, Dialect, Namespace


@dataclass(frozen=True)
class Connection:
    """A database by its URL. Picklable: a connection lasts for one call and is never kept.

    Attributes:
        url: Without credentials.
        options: As the class's `options_class` has them; never shown.

    Raises:
        InputError: TD3003 for credentials in the URL, TD3066 for one that names no database, TD3004 for an unknown option.
    """

    url: str
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)

    on_server: ClassVar[bool] = True
    has_schemas: ClassVar[bool] = False
    options_class: ClassVar[type[DatabaseOptions]] = DatabaseOptions
    dialect_name: ClassVar[str] = ""

    def __post_init__(self) -> None:
        # For their errors: wrong settings are heard of before any work.
        _ = (self.address, self.settings)

    @cached_property
    def address(self) -> Address:
        """The URL, taken apart."""
        return Address.parse(self.url, self.on_server)

    @cached_property
    def settings(self) -> Any:
        """The options, checked."""
        return read_options(self.options_class, self.options, self.dialect_name)

    @cached_property
    def dialect(self) -> Dialect:
        """The database's SQL."""
        return DIALECTS.get(self.dialect_name)()

    def __getstate__(self) -> dict[str, Any]:
        return {"url": self.url, "options": dict(self.options)}

    def connect(self) -> Session:
        """Open a connection."""
        raise NotImplementedError

    def understand(self, error: BaseException) -> DriverError | None:
        """What a driver's error means; None for one that is not the driver's."""
        raise NotImplementedError

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never show."""
        secret = getattr(self.settings, "secret", None)
        return (secret,) if secret else ()

    def space(self, dataset: str) -> Namespace:
        """Where the tables of a dataset lie."""
        schema = (getattr(self.settings, "schema_", None) or dataset) if self.has_schemas else None
        return Namespace(schema, self.settings.prefix)

    def exists(self) -> bool:
        """Whether there is anything to read: to connect to a file that is not there would make it."""
        return self.on_server or Path(self.address.path).exists()

    def table_name(self, dataset: str, table: str) -> str:
        """The quoted name of a table."""
        return self.dialect.table_name(self.space(dataset), table)

    def where(self, ref: PartitionRef) -> str:
        """The condition of a partition's rows; "" for a static table."""
        # Literals are safe: a partition's key is checked to be dates and digits.
        values = partition_values(ref)
        told = " AND ".join(f"{self.dialect.quote(name)} = '{value}'" for name, value in values.items())
        return f" WHERE {told}" if told else ""

    def uri(self, ref: PartitionRef) -> str:
        """Where a partition is, for people; never with credentials."""
        space = self.space(ref.dataset)
        name = ".".join(filter(None, (space.schema, space.prefix + ref.table)))
        levels = "".join(f"/{column}={value}" for column, value in partition_values(ref).items())
        return f"{self.url}#{name}{levels}"

    def overwriting(self) -> Self:
        """This database with `overwrite`."""
        return type(self)(self.url, {**self.options, "overwrite": True})

    def format_facts(self) -> tuple[str, dict[str, Any]]:
        """What the manifests say in place of a format."""
        return self.dialect_name, {}

    def check_usable(self) -> None:
        """Find out before any work whether the database can be reached and written to.

        Raises:
            OutsideError: TD3010 to TD3014 when it cannot.
            InputError: TD3015 when its driver is not installed.
        """
        with self.session("connect to") as session:
            session.query("SELECT 1")

    @contextmanager
    def session(self, action: str, ref: PartitionRef | None = None) -> Iterator[Session]:
        """A connection for a while; what its driver raises is mapped to our errors.

        Args:
            action: What is done, for messages ("publish to").
            ref: The partition that it is done with, if it is one.
        """
        place = self.uri(ref) if ref else self.url
        with mapping_errors(self.understand, action, place, self.secrets):
            session = self.connect()
            try:
                yield session
            finally:
                session.close()

"""Where tables go: lakes of files and databases, behind one face."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, cast, runtime_checkable

from tempdata_dagster.core.names import DATABASES
from tempdata_dagster.publish.layout import PartitionRef
from tempdata_dagster.publish.manifest import Manifest
from tempdata_dagster.publish.target import Target

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa
    import pyarrow.dataset as pads

    from tempdata_dagster.publish.protocol import PublishedPartition
    from tempdata_dagster.publish.verify import Finding


@runtime_checkable
class Place(Protocol):
    """What readers, audits and commands ask of whatever tables are published to."""

    @property
    def url(self) -> str:
        """As it was given, without secrets."""

    def check_usable(self) -> None:
        """Find out before any work whether it can be written to.

        Raises:
            OutsideError: TD3002 when it cannot.
        """

    def uri(self, ref: PartitionRef) -> str:
        """Where a partition lies, for people and other programs."""

    def published(self, dataset: str, table: str, keys: Iterable[str] | None = None) -> dict[str, Manifest]:
        """What holds of a table, by partition key (`static` for a static table), in the order of the keys."""

    def published_keys(self, dataset: str, table: str) -> list[str]:
        """The keys of `published`, without reading manifests."""

    def manifest(self, ref: PartitionRef) -> Manifest | None:
        """What holds of one partition; None when it is not published."""

    def open_published(self, manifests: list[Manifest], columns: list[str] | None = None) -> pads.Dataset:
        """The rows of published partitions of one table, with the columns of its Hive folders."""

    def format_facts(self) -> tuple[str, dict[str, Any]]:
        """What a manifest of this place says of the format and its options."""

    def overwriting(self) -> Place:
        """The same place with its option `overwrite`: what tempdata did not write there is replaced instead of refused."""


class Database(Place, Protocol):
    """A place that takes rows, and no files."""

    def publish(
        self,
        ref: PartitionRef,
        rows: Callable[[], Iterable[pa.RecordBatch]],
        schema: pa.Schema,
        manifest: Manifest,
    ) -> PublishedPartition:
        """Replace a partition in one transaction; `rows` begins anew each time that it is called."""

    def datasets(self) -> list[str]:
        """The datasets that tables are published of."""

    def tables(self, dataset: str) -> list[str]:
        """The published tables of a dataset; none for one that is not there."""

    def drop(self, dataset: str, table: str) -> None:
        """Remove a published table with its manifests, in one transaction; one that is not there is no error.

        Its children are gone before, but for those of a cycle of foreign keys, whose constraints go with it.
        """

    def verify(self, dataset: str | None = None) -> list[Finding]:
        """Compare what is there with its manifests, as `verify.verify` does for lakes."""


def open_place(
    url: str, options: Mapping[str, Any] | None = None, file_format: str | None = None, **format_options: Any
) -> Place:
    """The lake or the database that a URL or a path names; nothing is created or connected to.

    Args:
        url: A folder, a URL of a storage, or of a database.
        options: Of the storage or the database.
        file_format: Of a lake's files; its own by default.
        **format_options: Those of the format.

    Raises:
        InputError: As `Target.open`; TD3004 for a format of a database, which takes rows.
    """
    scheme = url.partition("://")[0] if "://" in url else ""
    if scheme in DATABASES:
        from tempdata_dagster.publish.databases import open_database

        return cast("Place", open_database(url, options or {}, file_format, format_options))
    target = Target.open(url, options)
    return target.of_format(file_format, format_options) if file_format or format_options else target


@dataclass(frozen=True)
class Destination:
    """One place that a table goes to, by its name in the dataset file."""

    name: str
    place: Place


@dataclass(frozen=True)
class Route:
    """All places that a table goes to.

    Attributes:
        destinations: The first is the table's home: there its children look for it, and it is published last, so that what
            is at home is everywhere.
    """

    destinations: tuple[Destination, ...]

    @property
    def home(self) -> Place:
        """The first place."""
        return self.destinations[0].place

    def overwriting(self) -> Route:
        """The same route to places with `overwrite`."""
        return Route(tuple(Destination(one.name, one.place.overwriting()) for one in self.destinations))


@dataclass(frozen=True)
class Routes:
    """Where each table of a dataset goes.

    Attributes:
        default: Of the tables that are not named.
    """

    default: Route
    tables: Mapping[str, Route] = field(default_factory=dict)

    @classmethod
    def of(cls, where: Routes | Place) -> Routes:
        """The same, or everything to a single place."""
        return where if isinstance(where, Routes) else cls(Route((Destination("lake", where),)))

    def overwriting(self) -> Routes:
        """The same routes to places with `overwrite`."""
        tables = {table: route.overwriting() for table, route in self.tables.items()}
        return Routes(self.default.overwriting(), tables)

    def route(self, table: str) -> Route:
        """Where a table goes."""
        return self.tables.get(table, self.default)

    def home(self, table: str) -> Place:
        """Where a table's children look for it."""
        return self.route(table).home

    def places(self) -> list[Destination]:
        """Every place once, in the order of the tables."""
        routes = [self.default, *self.tables.values()]
        found = {one.place.url: one for route in routes for one in route.destinations}
        return list(found.values())

"""One partition on its way to all places of its table: staged once, audited once, then published to each in turn.

Each place is replaced atomically by itself, and they are not one transaction: when one fails, those before it have the new
rows and the rest keep the old ones. The home comes last, so that what is at home is everywhere; running again brings the
others up to date.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self, cast

import pyarrow as pa

from tempdata_dagster.publish.layout import PartitionRef
from tempdata_dagster.publish.manifest import Manifest, PartitionFacts
from tempdata_dagster.publish.route import Database, Destination, Route
from tempdata_dagster.publish.staging import Staging
from tempdata_dagster.publish.target import Target

if TYPE_CHECKING:
    import pyarrow.dataset as pads

# Rows on their way from the staged files to a database.
LOAD_ROWS = 65_536


@dataclass(frozen=True)
class Delivered:
    """What became of a partition at one place.

    Attributes:
        name: The destination's.
        status: "unchanged" when the same content was there already.
        removed: What tempdata did not write there, and was told to replace.
    """

    name: str
    format: str
    uri: str
    status: Literal["published", "unchanged"]
    manifest: Manifest
    removed: tuple[str, ...] = ()


class Delivery:
    """A partition on its way. As a context manager it discards what was not published.

    Args:
        route: Where the partition goes.
        ref: The partition.
        run_id: As `Target.stage` takes it.

    Raises:
        OutsideError: TD3002 when a place cannot be written to.
    """

    def __init__(self, route: Route, ref: PartitionRef, run_id: str) -> None:
        self._route = route
        self._ref = ref
        self._run_id = run_id
        self._stack = ExitStack()
        self._stagings: dict[int, Staging] = {}
        self._scratch: Staging | None = None

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            for number, one in enumerate(self._route.destinations):
                if isinstance(one.place, Target):
                    self._stagings[number] = stack.enter_context(one.place.stage(self._ref, self._run_id))
                else:
                    one.place.check_usable()
            self._scratch = self._find_scratch() or self._make_scratch(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, traceback)

    def _find_scratch(self) -> Staging | None:
        """The staging whose Parquet files the audit and the databases read: it is consumed when its lake is published."""
        home_is_lake = 0 in self._stagings
        databases = len(self._stagings) < len(self._route.destinations)
        for number, staging in self._stagings.items():
            # Lakes are published in turn, and the home last: only the home's files are there until the end.
            if staging.target.holds_parquet and (not databases or (number == 0 and home_is_lake)):
                return staging
        return None

    def _make_scratch(self, stack: ExitStack) -> Staging:
        folder = stack.enter_context(TemporaryDirectory(prefix="tempdata-"))
        return Target.open(f"{folder}/lake", {"compression": "lz4"}).stage(self._ref, self._run_id)

    @property
    def scratch(self) -> Staging:
        """What the audit reads."""
        if self._scratch is None:
            raise TypeError("a delivery is entered before it is used")
        return self._scratch

    @property
    def targets(self) -> list[Target]:
        """The lakes that every part is staged in."""
        stagings = list(self._stagings.values())
        return [one.target for one in (stagings if self.scratch in stagings else [self.scratch, *stagings])]

    def open(self) -> pads.Dataset:
        """All staged rows, to audit them."""
        return self.scratch.open()

    def publish(self, facts: PartitionFacts) -> list[Delivered]:
        """Make the staged rows the whole of the partition at every place.

        Returns:
            What became of it, the home first.

        Raises:
            ConflictError: TD3020 when another run published meanwhile.
            OutsideError: A place failed: it and those that come after it keep the old version.
        """
        delivered: dict[int, Delivered] = {}
        numbers = list(range(len(self._route.destinations)))
        # Databases before lakes, as they read what is staged; the home after all others.
        for number in sorted(numbers, key=lambda one: (one == 0, one in self._stagings)):
            delivered[number] = self._publish_to(number, self._route.destinations[number], facts)
        return [delivered[number] for number in numbers]

    def _publish_to(self, number: int, destination: Destination, facts: PartitionFacts) -> Delivered:
        name, details = destination.place.format_facts()
        if number in self._stagings:
            published = self._stagings[number].publish(facts)
        else:
            described = self.scratch.describe(facts)
            manifest = described.model_copy(update={"files": (), "bytes": 0, "format": name, "format_options": details})
            place = cast("Database", destination.place)
            published = place.publish(self._ref, self._read_rows, manifest.schema, manifest)
        status, removed = published.status, published.removed
        return Delivered(destination.name, name, published.uri, status, published.manifest, removed)

    def _read_rows(self) -> Iterator[pa.RecordBatch]:
        # One file after the other: rows come in the order in which they were made.
        yield from self.open().to_batches(batch_size=LOAD_ROWS, use_threads=False)

"""The audit of a staged partition among what is published around it, while other runs may replace that."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tempdata_dagster.checks.audit import audit
from tempdata_dagster.checks.family import CHECKS
from tempdata_dagster.checks.model import AuditContext, CheckResult, CheckSpec, Outcome
from tempdata_dagster.core.errors import TransientError
from tempdata_dagster.publish.layout import STATIC, PartitionRef
from tempdata_dagster.publish.manifest import Manifest
from tempdata_dagster.publish.route import Routes
from tempdata_dagster.spec.contract import TableContract

if TYPE_CHECKING:
    import pyarrow.dataset as pads

# Keys are distinct over all partitions by construction; comparing with more than a month of them proves little more.
MAX_OTHERS = 31
# One look and five more, after waits of 0.04 s to 0.64 s: a run that replaces parents has mostly moved on by then.
ATTEMPTS = 6
FIRST_WAIT = 0.02


@dataclass(frozen=True)
class Neighbours:
    """What is published around a partition, of which it notes what it hands out.

    Attributes:
        references: By foreign key, how many rows refer to each of the parent's partitions.
        seen: By table and key, the manifests of all rows that were handed out.
    """

    routes: Routes
    ref: PartitionRef
    references: Mapping[str, Mapping[str, int]]
    seen: dict[tuple[str, str], Manifest] = field(default_factory=dict)

    def keys(self, table: str) -> list[str]:
        """The published partitions of a table."""
        return self.routes.home(table).published_keys(self.ref.dataset, table)

    def rows(self, table: str, keys: Iterable[str] | None, columns: Iterable[str]) -> pads.Dataset | None:
        """The published rows of some partitions of a table, of all of them without keys; None when there are none.

        `columns` are all that is asked of them: more may be there, where that costs nothing.
        """
        wanted = None if keys is None else list(keys)
        home = self.routes.home(table)
        published = home.published(self.ref.dataset, table, wanted)
        chosen = {key: published[key] for key in (published if wanted is None else wanted) if key in published}
        # Noted here, since the dataset that is opened below no longer says which publication it is of.
        self.seen.update({(table, key): manifest for key, manifest in chosen.items()})
        return home.open_published(list(chosen.values()), list(columns)) if chosen else None

    def are_replaced(self) -> bool:
        """Whether something that was handed out is no longer what is published; then what was seen of it is forgotten."""
        keys: dict[str, list[str]] = {}
        for table, key in self.seen:
            keys.setdefault(table, []).append(key)
        now = {table: self.routes.home(table).published(self.ref.dataset, table, some) for table, some in keys.items()}
        replaced = any(now[table].get(key) != manifest for (table, key), manifest in self.seen.items())
        self.seen.clear()
        return replaced


def inspect_partition(
    contract: TableContract,
    staged: pads.Dataset,
    specs: Sequence[CheckSpec],
    neighbours: Neighbours,
    limits: AuditContext,
) -> tuple[CheckResult, ...]:
    """Runs checks on staged rows; those that fail because what they read was replaced meanwhile are run again.

    Args:
        contract: What the table promises.
        staged: The rows.
        specs: The checks.
        neighbours: What is published around the partition.
        limits: The context of the audit without what is published.

    Returns:
        One result for each check, in their order.

    Raises:
        TransientError: TD5013 when what is published is replaced faster than it is read.
        OutsideError: As `audit`.
    """
    results: dict[str, CheckResult] = {}
    left = list(specs)
    for attempt in range(ATTEMPTS):
        time.sleep(FIRST_WAIT * 2**attempt if attempt else 0)
        context = _find_context(contract, staged, neighbours, limits)
        results |= {result.name: result for result in audit(contract, staged, context, left)}
        left = [spec for spec in left if _may_be_void(spec, results[spec.name])]
        if not left or not neighbours.are_replaced():
            return tuple(results[spec.name] for spec in specs)
    names = ", ".join(spec.name for spec in left)
    said = f"other runs replace what '{contract.table}' refers to faster than it is read (checks {names})"
    raise TransientError("TD5013", said, "run one at a time, or run again")


def _may_be_void(spec: CheckSpec, result: CheckResult) -> bool:
    """Whether a result may tell of a partition that was replaced while it was read, rather than of the staged rows."""
    reads = spec.engine == "native" and CHECKS.get(spec.family).reads_published
    return reads and result.outcome in (Outcome.FAILED, Outcome.ERRORED)


def _find_context(
    contract: TableContract, staged: pads.Dataset, neighbours: Neighbours, limits: AuditContext
) -> AuditContext:
    """What the audit is told of the lake: of each parent only the partitions that the rows refer to."""
    key = limits.key
    referred: dict[str, set[str]] = {}
    unpublished: dict[str, int] = {}
    partitions: dict[str, tuple[str, ...]] = {}
    for foreign_key in contract.foreign_keys:
        counts = neighbours.references.get(foreign_key.name)
        if counts is None:
            continue
        there = set(neighbours.keys(foreign_key.parent))
        if foreign_key.parent == contract.table and key is not None:
            # This partition's own rows are staged and about to be published.
            there.add(key)
        missing = sorted(set(counts) - there)
        unpublished[foreign_key.name] = sum(counts[name] for name in missing)
        partitions[foreign_key.name] = tuple(missing)
        referred.setdefault(foreign_key.parent, set()).update(counts)

    def published(parent: str) -> pads.Dataset | None:
        keys = referred.get(parent)
        referred_to = {name for one in contract.foreign_keys if one.parent == parent for name in one.parent_columns}
        if parent != contract.table:
            return neighbours.rows(parent, keys, referred_to)
        # Without what is published of this partition: the staged rows are to replace it.
        rest = neighbours.rows(parent, (keys or set()) - {key or STATIC}, contract.schema.names)
        return staged if rest is None else _union(staged, rest)

    others = [one for one in neighbours.keys(contract.table) if one not in (key, STATIC)]
    return replace(
        limits,
        published=published,
        unpublished=unpublished,
        unpublished_partitions=partitions,
        others=neighbours.rows(contract.table, others, contract.schema.names)
        if 0 < len(others) <= MAX_OTHERS
        else None,
    )


def _union(staged: pads.Dataset, rest: pads.Dataset) -> pads.Dataset:
    import pyarrow.dataset as pads

    # What is published may be of older columns; a union needs one schema.
    return pads.dataset([staged, rest.replace_schema(staged.schema)])

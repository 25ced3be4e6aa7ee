"""From a table of a dataset to a Dagster asset: the one place to override how assets look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dagster as dg

from tempdata_dagster.orchestration.metadata import PUBLISH, describe_columns, refer_to_line, trace_columns
from tempdata_dagster.orchestration.partitions import define_partitions, map_partitions
from tempdata_dagster.spec.contract import TableContract

if TYPE_CHECKING:
    from tempdata_dagster.engine.plan import Plan

MAX_KINDS = 3


@dataclass(frozen=True)
class TempDataTranslatorData:
    """What a translator is given: one table of one plan.

    Attributes:
        root: The URL of the lake, without secrets; None when it is not known at definition time.
    """

    plan: Plan
    table: str
    root: str | None = None

    @property
    def contract(self) -> TableContract:
        """What the table promises."""
        return self.plan.contract(self.table)

    @property
    def dataset(self) -> str:
        """The dataset's name."""
        return self.plan.dataset.dataset


class TempDataTranslator:
    """Turns tables into asset specs. Override `get_asset_spec`, call `super()` and change what should differ.

    The key stays `[dataset, table]`: dependencies, lineage, the sensor and the IO manager find tables by it.
    """

    def get_asset_spec(self, data: TempDataTranslatorData) -> dg.AssetSpec:
        """The asset of one table."""
        contract = data.contract
        return dg.AssetSpec(
            key=dg.AssetKey([data.dataset, data.table]),
            deps=_depend(data),
            description=contract.description or None,
            group_name=data.dataset,
            kinds=_name_kinds(data),
            owners=list(contract.owners) or None,
            tags=dict(data.plan.dataset.tags),
            # To Dagster, what was made with another code version is out of date: exactly what a fingerprint tells.
            code_version=data.plan.fingerprint(data.table),
            partitions_def=define_partitions(contract.period, data.plan.dataset.start),
            metadata=_describe(data),
        )


def _name_kinds(data: TempDataTranslatorData) -> set[str]:
    """What the UI shows as badges, of which Dagster takes three at most."""
    named = [one.format or "parquet" for one in data.plan.dataset.publications_of(data.table)]
    return {"tempdata", *list(dict.fromkeys(named or ["parquet"]))[: MAX_KINDS - 1]}


def _depend(data: TempDataTranslatorData) -> list[dg.AssetDep]:
    child = data.contract
    deps = []
    for parent in data.plan.dependencies(data.table):
        # Dagster runs no graph with a circle in it: the references that close one are audited, and wait for nothing.
        keys = [key for key in child.foreign_keys if key.parent == parent and not key.cyclic]
        mapping = map_partitions(child.period, data.plan.contract(parent).period, keys)
        deps.append(dg.AssetDep(dg.AssetKey([data.dataset, parent]), partition_mapping=mapping))
    return deps


def _describe(data: TempDataTranslatorData) -> Mapping[str, Any]:
    contract = data.contract
    metadata: dict[str, Any] = {
        "dagster/column_schema": describe_columns(contract),
        "dagster/table_name": f"{data.dataset}.{data.table}",
        "dagster/storage_kind": "parquet",
        "dagster/code_references": refer_to_line(contract.where, data.plan.loaded.path, f"{data.dataset}.yaml"),
    }
    if lineage := trace_columns(contract):
        metadata["dagster/column_lineage"] = lineage
    publications = data.plan.dataset.publications_of(data.table)
    if publications:
        metadata[PUBLISH] = dg.MetadataValue.json([one.model_dump(exclude_none=True) for one in publications])
    if data.root:
        metadata["dagster/uri"] = f"{data.root.rstrip('/')}/{data.dataset}/{data.table}"
    if cyclic := _cyclic_references(data):
        metadata["tempdata/cyclic_references"] = dg.MetadataValue.json(cyclic)
    return metadata


def _cyclic_references(data: TempDataTranslatorData) -> list[str]:
    """The references that no order of refresh can satisfy: they are audited, but are no dependencies in the graph."""
    dependencies = data.plan.dependencies(data.table)
    return [
        f"({', '.join(key.columns)}) -> {key.parent} ({', '.join(key.parent_columns)})"
        for key in data.contract.foreign_keys
        if key.cyclic or key.parent not in dependencies
    ]

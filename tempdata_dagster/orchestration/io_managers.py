"""Tables for downstream Python: as pandas, Arrow, polars or DuckDB, or as an Arrow dataset that is read piece by piece."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg
import pyarrow as pa
from pydantic import Field

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.orchestration.metadata import PUBLISH
from tempdata_dagster.orchestration.resources import TempDataResource

if TYPE_CHECKING:
    import pyarrow.dataset as ds

    from tempdata_dagster.publish.route import Place

_SHOWN_KEYS = 5
_TYPES = "pandas.DataFrame, pyarrow.Table, polars.DataFrame, polars.LazyFrame, duckdb.DuckDBPyRelation or pyarrow.dataset.Dataset"


class TempDataIOManager(dg.ConfigurableIOManager):
    """Loads exactly the rows that are published of a table: whole, one partition, or a range.

    The type annotation of the downstream asset's argument says as what: `pandas.DataFrame`, `pyarrow.Table` (also without
    an annotation), `polars.DataFrame`, `polars.LazyFrame`, `duckdb.DuckDBPyRelation` (on a connection of its own), or
    `pyarrow.dataset.Dataset`. Of a lake of Parquet the last three read nothing before they are asked; of other formats and of
    databases everything is read at once.
    """

    tempdata: TempDataResource
    destination: str | None = Field(
        default=None,
        description="Which of the places to load from that a table is published to, by its name in `publish`; the first if "
        "not set.",
    )

    def load_input(self, context: dg.InputContext) -> Any:
        """The table, or those of its partitions that the downstream partition maps to.

        Raises:
            InputError: TD4020 when a partition is not published, TD4021 for an annotation that is none of these, TD4023 when
                the table is not published to the destination.
        """
        dataset, table = context.asset_key.path
        place = self._open(context)
        wanted = self._list_keys(context)
        published = place.published(dataset, table, wanted)
        _refuse_missing([key for key in wanted or () if key not in published], context.asset_key)
        chosen = list(published.values()) if wanted is None else [published[key] for key in wanted]
        if not chosen:
            raise InputError("TD4020", f"{dataset}/{table} is not published yet", "materialize it first")
        return _convert(place.open_published(chosen), context.dagster_type.typing_type, f"{dataset}/{table}")

    def _open(self, context: dg.InputContext) -> Place:
        from tempdata_dagster.spec.models import Publication

        upstream = context.upstream_output
        metadata = (upstream.definition_metadata if upstream else None) or {}
        value = metadata.get(PUBLISH)
        listed = [Publication.model_validate(one) for one in (getattr(value, "value", value) or [{}])]
        environment = self.tempdata.environment()
        if self.destination is None:
            return environment.open(environment.choose(listed)[0])
        found = [one for one in listed if one.to == self.destination]
        if not found:
            name = context.asset_key.to_user_string()
            known = ", ".join(one.to for one in listed)
            raise InputError("TD4023", f"{name} is not published to '{self.destination}'", f"it goes to {known}")
        return environment.open(found[0])

    @staticmethod
    def _list_keys(context: dg.InputContext) -> list[str] | None:
        """The keys that must be there; None for whatever is published, which is what an asset without partitions gets."""
        if not context.has_asset_partitions:
            return None
        wanted = list(context.asset_partition_keys)
        # All that there could be is asked for: what is published of them is meant, and the latest may be still to come.
        return None if len(wanted) == context.asset_partitions_def.get_num_partitions() else wanted

    def handle_output(self, context: dg.OutputContext, obj: Any) -> None:
        """Tables are published by their own steps, and nothing else is.

        Raises:
            InputError: TD4022, always: the IO manager was given to an asset that is no table of a dataset.
        """
        del obj
        name = context.asset_key.to_user_string() if context.has_asset_key else context.name
        raise InputError("TD4022", f"the lake takes no rows from '{name}'", "give this asset an IO manager of its own")


def _refuse_missing(missing: Sequence[str], asset_key: dg.AssetKey) -> None:
    if missing:
        shown = ", ".join(missing[:_SHOWN_KEYS]) + (", ..." if len(missing) > _SHOWN_KEYS else "")
        name = asset_key.to_user_string()
        raise InputError("TD4020", f"partitions of {name} are not published yet: {shown}", "materialize them first")


def _convert(found: ds.Dataset, wanted: Any, name: str) -> Any:
    import pyarrow.dataset as ds

    if wanted is ds.Dataset:
        return found
    if wanted in (pa.Table, Any, type(None)):
        return found.to_table()
    # By name: to import pandas for a comparison would take 0.6 s.
    library = getattr(wanted, "__module__", "").split(".")[0].lstrip("_")
    if library == "pandas":
        return found.to_table().to_pandas()
    if library == "polars":
        import polars as pl

        return pl.scan_pyarrow_dataset(found) if wanted is pl.LazyFrame else pl.from_arrow(found.to_table())
    if library == "duckdb":
        import duckdb

        return duckdb.connect().from_arrow(found)
    raise InputError(
        "TD4021",
        f"{name} cannot be loaded as {getattr(wanted, '__name__', wanted)}",
        f"annotate the argument with {_TYPES}",
    )

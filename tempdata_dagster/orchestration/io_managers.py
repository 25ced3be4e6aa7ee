"""Tables for downstream Python: as pandas, as Arrow, or as an Arrow dataset that is read piece by piece."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg
import pyarrow as pa

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.orchestration.resources import TempDataResource

if TYPE_CHECKING:
    import pyarrow.dataset as ds

_SHOWN_KEYS = 5


class TempDataIOManager(dg.ConfigurableIOManager):
    """Loads exactly the rows that are published of a table: whole, one partition, or a range.

    The type annotation of the downstream asset's argument says as what: `pandas.DataFrame`, `pyarrow.Table` (also without
    an annotation), or `pyarrow.dataset.Dataset`, which reads nothing yet.
    """

    tempdata: TempDataResource

    def load_input(self, context: dg.InputContext) -> Any:
        """The table, or those of its partitions that the downstream partition maps to.

        Raises:
            InputError: TD4020 when a partition is not published, TD4021 for an annotation that is none of the three.
        """
        dataset, table = context.asset_key.path
        target = self.tempdata.open()
        keys = self._choose_keys(context, set(target.published(dataset, table)))
        found = target.dataset(dataset, table, keys)
        if found is None:
            raise InputError("TD4020", f"{dataset}/{table} is not published yet", "materialize it first")
        return _convert(found, context.dagster_type.typing_type, f"{dataset}/{table}")

    def _choose_keys(self, context: dg.InputContext, published: set[str | None]) -> Sequence[str] | None:
        """The keys to load; None for all that are published, which is what a downstream asset without partitions gets."""
        if not context.has_asset_partitions:
            return None
        wanted = list(context.asset_partition_keys)
        # All that there could be is asked for: what is published of them is meant, and the latest may be still to come.
        if len(wanted) == context.asset_partitions_def.get_num_partitions():
            return None
        if missing := [key for key in wanted if key not in published]:
            shown = ", ".join(missing[:_SHOWN_KEYS]) + (", ..." if len(missing) > _SHOWN_KEYS else "")
            name = context.asset_key.to_user_string()
            raise InputError("TD4020", f"partitions of {name} are not published yet: {shown}", "materialize them first")
        return wanted

    def handle_output(self, context: dg.OutputContext, obj: Any) -> None:
        """Tables are published by their own steps, and nothing else is.

        Raises:
            InputError: TD4022, always: the IO manager was given to an asset that is no table of a dataset.
        """
        del obj
        name = context.asset_key.to_user_string() if context.has_asset_key else context.name
        raise InputError("TD4022", f"the lake takes no rows from '{name}'", "give this asset an IO manager of its own")


def _convert(found: ds.Dataset, wanted: Any, name: str) -> Any:
    import pyarrow.dataset as ds

    if wanted is ds.Dataset:
        return found
    if wanted in (pa.Table, Any, type(None)):
        return found.to_table()
    # By name: to import pandas for a comparison would take 0.6 s.
    if getattr(wanted, "__module__", "").split(".")[0] == "pandas":
        return found.to_table().to_pandas()
    hint = "annotate the argument with pandas.DataFrame, pyarrow.Table or pyarrow.dataset.Dataset"
    raise InputError("TD4021", f"{name} cannot be loaded as {getattr(wanted, '__name__', wanted)}", hint)

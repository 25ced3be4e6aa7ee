"""The staged schema: names, types, order."""

from __future__ import annotations

import pyarrow as pa

from tempdata_dagster.checks.family import CHECKS, Counts, Family, Finding, count_of, plain_type
from tempdata_dagster.checks.model import CheckSpec, Outcome
from tempdata_dagster.checks.session import Session
from tempdata_dagster.core.partition import folder_names
from tempdata_dagster.spec.contract import TableContract


@CHECKS.register("schema")
class Schema(Family):
    """The columns are those of the contract, in its order, of its types (whatever their encoding)."""

    order = 0

    @classmethod
    def specs(cls, contract: TableContract) -> tuple[CheckSpec, ...]:
        """One check; always."""
        number = count_of(len(contract.columns), "column")
        return (CheckSpec("schema", f"{number} with the promised names, types and order", family="schema"),)

    @classmethod
    def judge(cls, contract: TableContract, spec: CheckSpec, counts: Counts, session: Session) -> Finding:
        """Compares the staged schema, without the levels of the Hive folders, with the contract's."""
        del spec, counts
        faults = list_differences(contract, session.staged.schema)
        metadata = {"columns": {column.name: str(column.type) for column in contract.columns}, "differences": faults}
        if faults:
            return Finding(None, "; ".join(faults[:5]), metadata, Outcome.FAILED)
        return Finding(0, f"{count_of(len(contract.columns), 'column')} as promised", metadata)


def list_differences(contract: TableContract, schema: pa.Schema) -> list[str]:
    """What is missing, unexpected, of another type or out of order, in words."""
    levels = folder_names(contract.period)
    promised = {column.name: column.type for column in contract.columns}
    # Read back from Hive folders, rows also have the folders' levels as columns.
    staged = {field.name: field.type for field in schema if field.name in promised or field.name not in levels}
    faults = [f"column '{name}' is missing" for name in promised if name not in staged]
    faults += [f"column '{name}' is not in the contract" for name in staged if name not in promised]
    faults += [
        f"column '{name}' is {staged[name]}, not {kind}"
        for name, kind in promised.items()
        if name in staged and plain_type(staged[name]) != plain_type(kind)
    ]
    # Only where nothing else is wrong: a column too many shifts all those behind it.
    if not faults and list(staged) != list(promised):
        faults = [f"the order is {', '.join(staged)}"]
    return faults

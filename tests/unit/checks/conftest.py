from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from tempdata_dagster.checks.audit import audit
from tempdata_dagster.checks.compile import compile_checks
from tempdata_dagster.checks.model import AuditContext, CheckResult
from tempdata_dagster.core.partition import Period
from tempdata_dagster.spec.contract import ColumnContract, ForeignKey, TableContract
from tempdata_dagster.spec.models import Rule

DAY = datetime(2026, 1, 31, tzinfo=UTC)
LAST = DAY + timedelta(days=1) - timedelta(microseconds=1)
REGIONS = tuple(f"region-{number:03d}" for number in range(60))
TEXT = pa.dictionary(pa.int32(), pa.string())


@pytest.fixture
def contract() -> TableContract:
    columns = (
        ColumnContract("order_id", pa.string(), pattern=r"O\d{9}"),
        ColumnContract("line", pa.int32(), minimum=1, maximum=3),
        ColumnContract("status", TEXT, values=("paid", "cancelled", "it's new")),
        ColumnContract("email", pa.string(), nullable=True, unique=True, pii=True, pattern=r"[a-z0-9]+@example\.com"),
        ColumnContract("price", pa.decimal128(12, 2), minimum=Decimal("0.10"), maximum=Decimal("900.00")),
        ColumnContract("weight", pa.float64(), nullable=True, minimum=0.0),
        ColumnContract("share", pa.float32(), minimum=0.0, maximum=0.1),
        ColumnContract("placed_at", pa.timestamp("us", "UTC"), minimum=DAY, maximum=LAST),
        ColumnContract("ships_on", pa.date32(), minimum=date(2026, 1, 31)),
        ColumnContract("region", TEXT, values=REGIONS),
        ColumnContract("customer_id", pa.string()),
        ColumnContract("previous_id", pa.string(), nullable=True),
        ColumnContract("previous_line", pa.int32(), nullable=True),
    )
    foreign_keys = (
        ForeignKey("foreign_key_customer_id", ("customer_id",), "customers", ("customer_id",), as_of=True),
        ForeignKey(
            "foreign_key_previous_id_previous_line",
            ("previous_id", "previous_line"),
            "orders",
            ("order_id", "line"),
            nullable=True,
            cyclic=True,
        ),
    )
    rules = (
        Rule(sql="price >= line * 0.01"),
        Rule(sql="ships_on <= DATE '2026-03-01'", name="ships in a month", severity="warning"),
    )
    return TableContract("shop", "orders", Period.DAY, ("order_id", "line"), columns, foreign_keys, rules)


@pytest.fixture
def clean() -> pa.Table:
    return make_clean(300)


def make_clean(rows: int) -> pa.Table:
    """Rows that keep every promise of `contract`, and go to its bounds."""
    number = np.arange(rows)
    orders = [f"O{one // 3:09d}" for one in number]
    columns = {
        "order_id": pa.array(orders, pa.string()),
        "line": pa.array(number % 3 + 1, pa.int32()),
        "status": pa.array([("paid", "cancelled", "it's new")[one % 3] for one in number], pa.string()).cast(TEXT),
        "email": pa.array([None if one % 7 == 0 else f"u{one}@example.com" for one in number], pa.string()),
        "price": pa.array(
            [Decimal("0.10") + Decimal(int(one) * 331 % 89_991) / 100 for one in number], pa.decimal128(12, 2)
        ),
        "weight": pa.array([None if one % 5 == 0 else one / 3 for one in number], pa.float64()),
        "share": pa.array((number % 11) / 100, pa.float32()),
        "placed_at": pa.array([DAY if one % 2 else LAST for one in number], pa.timestamp("us", "UTC")),
        "ships_on": pa.array([date(2026, 1, 31) + timedelta(days=int(one) % 20) for one in number], pa.date32()),
        "region": pa.array([REGIONS[one % 60] for one in number], pa.string()).cast(TEXT),
        "customer_id": pa.array([f"C{one % 50:04d}" for one in number], pa.string()),
        "previous_id": pa.array([None if one < 3 else orders[one - 3] for one in number], pa.string()),
        "previous_line": pa.array([one % 3 + 1 for one in number], pa.int32()),
    }
    return pa.table(columns)


@pytest.fixture
def customers() -> ds.Dataset:
    return ds.dataset(pa.table({"customer_id": [f"C{number:04d}" for number in range(50)]}))


Run = Callable[..., dict[str, CheckResult]]


@pytest.fixture
def run(contract: TableContract, customers: ds.Dataset) -> Run:
    """Runs the native checks of `contract` on a table and gives the results by name."""

    def run_native(rows: pa.Table, contract: TableContract = contract, **context: object) -> dict[str, CheckResult]:
        published = {"customers": customers, "orders": ds.dataset(rows)}
        given = AuditContext(**{"key": "2026-01-31", "published": published.get, **context})
        native = [spec for spec in compile_checks(contract) if spec.engine == "native"]
        return {result.name: result for result in audit(contract, ds.dataset(rows), given, native)}

    return run_native

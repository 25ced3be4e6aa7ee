"""Life cycles: no illegal transition, no moment out of order, and one day goes on where the other ended."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest

from tempdata_dagster.core.errors import SpecError
from tempdata_dagster.engine.plan import Plan, compile_plan
from tempdata_dagster.generators import KINDS
from tempdata_dagster.spec.load import load_dataset

STATES = """{
        placed: {dwell: {distribution: lognormal, median: 6h}, next: {paid: 9, cancelled: 1}},
        paid: {dwell: {min: 1h, max: 2d}, next: shipped},
        shipped: {dwell: {min: 1d, max: 6d}, next: {delivered: 95, lost: 5}},
        delivered: {dwell: {min: 1d, max: 60d, mean: 20d, distribution: exponential}, next: {returned: 1, kept: 3}},
        returned: {dwell: {min: 1d, max: 3d}, next: [shipped, refunded]},
        cancelled: final, lost: final, kept: final, refunded: final}"""
LEGAL = {
    None: {"placed"},
    "placed": {"paid", "cancelled"},
    "paid": {"shipped"},
    "shipped": {"delivered", "lost"},
    "delivered": {"returned", "kept"},
    "returned": {"shipped", "refunded"},
}
NAMES = ("placed", "paid", "shipped", "delivered", "returned", "cancelled", "lost", "kept", "refunded")
MOMENTS = "".join(f"\n      {name}_at: {{kind: transition, of: status, to: {name}}}" for name in NAMES)
ORDERS = f"""
dataset: d
seed: 5
start: 2025-03-01
tables:
  orders:
    rows: {{per: day, mean: 150}}
    key: id
    columns:
      id: {{kind: key, prefix: O}}
      at: {{kind: timestamp}}
      status: {{kind: status, since: at, start: placed, states: {STATES}}}{MOMENTS}
  snapshots:
    rows: {{per: orders, every: 12h}}
    columns:
      at: {{kind: timestamp}}
      status: {{kind: status, since: at, start: placed, states: {STATES}}}
      since: {{kind: status_since, of: status}}{MOMENTS}
"""
MEMBERS = """
dataset: d
seed: 5
tables:
  members:
    rows: 40_000
    columns:
      born: {kind: timestamp, start: 2020-01-01, end: 2025-01-01}
      status: {kind: status, since: born, start: trial, as_of: 2029-12-31, states: {
        trial: {dwell: {max: 30d}, next: {active: 2, left: 1}},
        active: {dwell: {min: 10d, max: 50d, mean: 30d, distribution: exponential}, next: left}, left: final}}
      active_at: {kind: transition, of: status, to: active}
      left_at: {kind: transition, of: status, to: left}
"""


def plan_of(folder, text: str) -> Plan:
    (folder / "d.yaml").write_text(text, encoding="utf-8")
    return compile_plan(load_dataset(folder / "d.yaml", KINDS))


def test_no_illegal_transition_and_no_moment_out_of_order(tmp_path, figure, torture):
    plan = plan_of(tmp_path, ORDERS.replace("mean: 150", "mean: 4_000") if torture else ORDERS)
    columns = [f"{name}_at" for name in NAMES]
    before, seen = {}, {}
    illegal = unordered = moved = rows = 0
    steps, changes = Counter(), defaultdict(set)
    for key in plan.partition_keys("snapshots", "2025-03-02", "2025-03-25"):
        for frame in (f for part in plan.parts("snapshots", key) for f in plan.frames(part)):
            parent = frame.parent().rows
            ids = zip(parent.partitions.tolist(), parent.ordinal.tolist(), strict=True)
            cells = zip(*(frame.column(name).to_pylist() for name in ("at", "status", "since", *columns)), strict=True)
            for order, (at, status, since, *moments) in zip(ids, cells, strict=True):
                rows += 1
                last = before.get(order)
                entered = {name: one for name, one in zip(NAMES, moments, strict=True) if one is not None}
                unordered += any(one > at for one in entered.values()) or since > at
                unordered += min(entered.values()) != entered["placed"]
                path = sorted(entered, key=lambda name: entered[name])
                illegal += path[0] != "placed" or any(
                    not any(two in LEGAL.get(one, set()) for one in path[:place])
                    for place, two in enumerate(path)
                    if place
                )
                moved += any(entered.get(name) != one for name, one in seen.get(order, {}).items())
                if last is not None and status != last:
                    steps[last, status] += 1
                before[order], seen[order] = status, entered
                changes[status].add(since >= entered[status])
    # Two steps within twelve hours show as one: legal if some chain of legal steps leads there.
    chains = {state: set(following) for state, following in LEGAL.items() if state}
    for _ in range(9):
        chains = {one: two | {far for near in two for far in chains.get(near, ())} for one, two in chains.items()}
    illegal += sum(count for (one, two), count in steps.items() if two not in chains.get(one, set()))
    figure(
        f"life cycles: {illegal} illegal transitions, {unordered} moments out of order, {moved} moved, in {rows:,} snapshots"
    )
    assert (illegal, unordered, moved) == (0, 0, 0)
    assert set(before.values()) >= {"placed", "shipped", "delivered", "kept", "refunded", "cancelled", "lost"}
    assert all(all(ordered) for ordered in changes.values())


def test_a_row_of_the_table_itself_shows_the_same_cycle_as_its_snapshots(tmp_path):
    plan = plan_of(tmp_path, ORDERS)
    (key,) = plan.partition_keys("orders", "2025-03-04", "2025-03-04")
    own = [row for part in plan.parts("orders", key) for f in plan.frames(part)
           for row in zip(*(f.column(n).to_pylist() for n in ("status", "placed_at", "paid_at")), strict=True)]  # fmt: skip
    (key,) = plan.partition_keys("snapshots", "2025-03-05", "2025-03-05")
    shown = {}
    for frame in (f for part in plan.parts("snapshots", key) for f in plan.frames(part)):
        parents = frame.parent().rows
        cells = zip(*(frame.column(n).to_pylist() for n in ("status", "placed_at", "paid_at", "at")), strict=True)
        for partition, ordinal, row in zip(parents.partitions, parents.ordinal, cells, strict=True):
            if row[3].hour == 0 and partition == plan.relations["orders"].layout.clock.first + 3:
                shown[int(ordinal)] = row[:3]
    assert [shown[place] for place in range(len(own))] == own


def test_shares_and_dwell_times_are_those_of_the_machine(tmp_path, figure):
    plan = plan_of(tmp_path, MEMBERS)
    (part,) = plan.parts("members", None)
    rows = [row for f in plan.frames(part) for row in zip(*(f.column(n).to_pylist() for n in ("born", "status", "active_at", "left_at")), strict=True)]  # fmt: skip
    active = [(a, left) for _, _, a, left in rows if a is not None]
    trial = np.mean([((a or left) - born).total_seconds() for born, _, a, left in rows]) / 86_400
    figure(f"life cycle: {len(active) / len(rows):.4f} of 2/3 became active, trials last {trial:.2f} of 15 days")
    assert {status for _, status, _, _ in rows} == {"left"}
    assert len(active) / len(rows) == pytest.approx(2 / 3, abs=0.01)
    assert trial == pytest.approx(15, rel=0.02)
    assert all(10 <= (left - a).total_seconds() / 86_400 <= 50 for a, left in active)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("left: final", "left: final, lost: final", "TD2079"),
        ("left: final", "left: {}", "TD2079"),
        ("next: left}, left", "next: gone}, left", "TD2079"),
        ("start: trial", "start: begin", "TD1024"),
        ("left: final", "left: {final: true, next: trial}", "TD1024"),
        ("{max: 30d}", "{max: 30, unit: business_days}", "TD1024"),
        (", as_of: 2029-12-31", "", "TD2083"),
        ("as_of: 2029-12-31", "as_of: status", "TD2001"),
        ("since: born", "since: bor", "TD2002"),
        ("to: left", "to: gone", "TD2084"),
        ("of: status, to: left", "of: born, to: left", "TD2084"),
    ],
)
def test_machines_that_make_no_sense_are_refused(tmp_path, old, new, code):
    assert old in MEMBERS
    with pytest.raises(SpecError) as raised:
        plan_of(tmp_path, MEMBERS.replace(old, new))
    assert {problem.code for problem in raised.value.problems} == {code}
    assert all(problem.hint and problem.where.line for problem in raised.value.problems)

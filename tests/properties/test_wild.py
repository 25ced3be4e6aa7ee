"""What the design promises, for random datasets: most of their shapes nobody has thought of."""

from __future__ import annotations

import copy
import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tempdata_dagster.core.errors import SpecError
from tempdata_dagster.engine.addresses import Addresses
from tempdata_dagster.engine.plan import Plan, Tally
from tempdata_dagster.generate import generate
from tempdata_dagster.refresh import RefreshOptions
from tests.properties.shop import addresses_of, plan_of, rows_of
from tests.properties.wild import draw_wild
from tests.properties.wild_draft import Wild
from tests.properties.wild_edits import HARMLESS, edit
from tests.properties.wild_rows import find_violations, keys_until, read_lake

pytestmark = pytest.mark.slow

Places = list[tuple[str, str | None]]
_REFUSABLE = 0.25


def plans_of(seeds: range, folder: Path, *, whole: bool = False) -> Iterator[tuple[Wild, Plan, Path]]:
    """The datasets of these seeds that are not refused, of which there must be most.

    Args:
        seeds: The seeds.
        folder: A folder for their files.
        whole: Write the dropped columns too.
    """
    refused = 0
    for seed in seeds:
        own = folder / str(seed)
        own.mkdir()
        wild = draw_wild(seed, own)
        for table in wild.tree["tables"].values() if whole else ():
            for column in table["columns"].values():
                column.pop("drop", None)
        try:
            plan = plan_of(wild.tree, own)
        except SpecError:
            refused += 1
        else:
            yield wild, plan, own
    assert refused <= max(_REFUSABLE * len(seeds), 2)


def test_all_that_holds_among_rows_holds(tmp_path: Path, torture: bool, figure: Callable[[str], None]) -> None:
    datasets = rows = 0
    for wild, plan, folder in plans_of(range(300 if torture else 14), tmp_path, whole=True):
        lake = read_lake(plan, wild)
        assert list(find_violations(plan, wild, lake)) == [], folder.name
        datasets, rows = datasets + 1, rows + sum(map(len, lake.rows.values()))
    figure(f"0 broken references, look-ups, totals and contracts in {rows:,} rows of {datasets} random datasets")


def places_of(plan: Plan, wild: Wild, chance: random.Random) -> Places:
    """Some partitions of every table, the first among them."""
    places: Places = []
    for table in wild.drafts:
        keys = keys_until(plan, wild, table)[:12]
        places += [(table, key) for key in dict.fromkeys([*keys[:1], *chance.sample(keys, min(2, len(keys)))])]
    chance.shuffle(places)
    return places


def test_where_and_how_a_cell_is_computed_never_shows(tmp_path: Path, torture: bool) -> None:
    chance = random.Random(5)
    for wild, plan, folder in plans_of(range(1000, 1150 if torture else 1006), tmp_path):
        places = places_of(plan, wild, chance)
        run = {place: rows_of(plan, *place) for place in places}
        fresh = plan_of(wild.tree, folder)
        for place in reversed(places):
            assert rows_of(fresh, *place).equals(run[place]), (folder.name, place)
            for size in (1, 7):
                some = run[place].num_rows < 200
                assert not some or rows_of(fresh, *place, size).equals(run[place]), (folder.name, place, size)
            check_parts(fresh, place, run[place])
            check_rows_alone(fresh, place, run[place], chance)
        shared = plan_of(wild.tree, folder)
        with ThreadPoolExecutor(8) as pool:
            tasks = [(place, pool.submit(rows_of, shared, *place)) for place in places * 2]
        for place, task in tasks:
            assert task.result().equals(run[place]), (folder.name, place)


def check_parts(plan: Plan, place: tuple[str, str | None], whole: pa.Table) -> None:
    """Small files have the same rows, and what is counted on the way leaves them as they are."""
    tally = Tally()
    batches = [batch for part in plan.parts(*place, part_rows=5) for batch in plan.batches(part, tally=tally)]
    assert pa.Table.from_batches(batches, whole.schema).equals(whole), place
    assert tally.rows == whole.num_rows


def check_rows_alone(plan: Plan, place: tuple[str, str | None], whole: pa.Table, chance: random.Random) -> None:
    """Cells of some rows, in any order, are those of the run."""
    if not whole.num_rows:
        return
    rows = addresses_of(plan, *place)
    some = np.random.default_rng(chance.randrange(2**32)).permutation(len(rows))[:40]
    for column in whole.column_names:
        alone = plan.relation(place[0]).at(Addresses(rows.partitions[some], rows.ordinal[some])).column(column)
        assert alone.equals(whole[column].combine_chunks().take(pa.array(some))), (place, column)


def test_audits_pass_on_what_is_generated(tmp_path: Path, torture: bool, figure: Callable[[str], None]) -> None:
    partitions = 0
    for wild, plan, folder in plans_of(range(2000, 2150 if torture else 2006), tmp_path):
        periods = {draft.period for draft in wild.drafts.values() if draft.period}
        if not periods <= {"hour", "day"}:
            continue
        days = 0 if periods == {"hour"} else 4
        last = str(wild.tree["start"] + timedelta(days=days)) + ("-03:00" if periods == {"hour"} else "")
        results = generate(plan, folder / "lake", last=last, options=RefreshOptions(suite=False))
        failed = [(one.table, one.partition, one.failed_checks) for one in results if one.failed_checks]
        assert failed == [], folder.name
        partitions += len(results)
    assert partitions > 0
    figure(f"0 of {partitions:,} partitions of random datasets rejected by their own audits")


Cells = dict[tuple[str, str], Any]


def cells_of(plan: Plan, keys: dict[str, list[str | None]]) -> Cells:
    """Every column at these partitions, and each table's schema under no name."""
    found: Cells = {}
    for table, some in keys.items():
        if table in plan.relations:
            rows = pa.concat_tables([rows_of(plan, table, key) for key in some])
            found |= {(table, name): rows[name] for name in rows.column_names} | {(table, ""): rows.schema}
    return found


def test_an_edit_changes_what_it_touches_and_the_fingerprint_knows(
    tmp_path: Path, torture: bool, figure: Callable[[str], None]
) -> None:
    chance, edits = random.Random(3), Counter[str]()
    for wild, plan, folder in plans_of(range(3000, 3200 if torture else 3012), tmp_path):
        keys = {table: keys_until(plan, wild, table)[:4] for table in wild.drafts}
        before = cells_of(plan, keys)
        for _ in range(6):
            name, tree = edit(copy.deepcopy(wild.tree), chance)
            try:
                edited = plan_of(tree, folder)
            except SpecError:
                continue
            after = cells_of(edited, keys)
            both = before.keys() & after.keys()
            changed = {place for place in both if not before[place].equals(after[place])} | (
                before.keys() ^ after.keys()
            )
            stale = {
                table
                for table, _ in changed
                if table in wild.drafts and plan.fingerprint(table) == edited.fingerprint(table)
            }
            assert stale == set(), (folder.name, name)
            if name in HARMLESS:
                assert {place for place in changed & both if place[1]} == set(), (folder.name, name)
            if name in ("describe", "schedule", "add table", "shuffle tables"):
                assert all(plan.fingerprint(table) == edited.fingerprint(table) for table in wild.drafts), folder.name
            edits[name] += 1
    assert len(edits) > 8
    figure(f"0 stale fingerprints and 0 foreign cells in {sum(edits.values()):,} edits of random datasets")

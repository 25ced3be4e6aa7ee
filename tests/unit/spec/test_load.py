from __future__ import annotations

import pytest

from tempdata_dagster.core.errors import SpecError
from tempdata_dagster.core.limits import Limits
from tempdata_dagster.spec.load import load_dataset
from tempdata_dagster.spec.rows import ChildRows, FileRows, GridRows, PeriodRows, StaticRows

SHOP = """\
dataset: shop
start: 2025-01-01
tables:
  products:
    rows: 2_000
    key: product_id
    columns:
      product_id: {kind: key, prefix: P}
  orders:
    rows: {per: day, mean: 30, holidays: US, growth: 15%/year}
    columns:
      order_id: {kind: key}
  items:
    rows: {per: orders, distribution: geometric, mean: 2, max: 9}
    columns:
      n: {kind: integer, nulls: 5%}
  meters:
    rows: {per: products, every: 10min}
    columns:
      n: {kind: integer}
"""


def test_every_source_of_rows_is_loaded(load):
    loaded = load(SHOP)
    tables = loaded.dataset.tables
    assert [type(table.rows) for table in tables.values()] == [StaticRows, PeriodRows, ChildRows, GridRows]
    assert tables["products"].key == ("product_id",)
    assert tables["products"].columns["product_id"].prefix == "P"
    assert tables["orders"].rows.growth == pytest.approx(0.15)
    assert tables["orders"].rows.holidays.country == "US"
    assert tables["items"].columns["n"].nulls == pytest.approx(0.05)
    assert tables["meters"].rows.every == 600_000_000


def test_places_are_those_of_the_file(load):
    loaded = load(SHOP)
    assert str(loaded.where(("tables", "items"))).endswith("d.yaml:13:3")
    assert str(loaded.where(("tables", "items", "columns", "n"))).endswith("d.yaml:16:7")
    assert str(loaded.where(("tables", "items", "columns", "n", "nulls"))).endswith("d.yaml:16:33")
    assert str(loaded.where(("tables", "items", "columns", "n", "modifiers", 0))).endswith("d.yaml:16:7")


def test_a_folder_with_a_file_per_table_is_the_same_dataset(load, tmp_path, kinds):
    folder = tmp_path / "shop"
    folder.mkdir()
    head, *tables = SHOP.split("\n  ")
    texts = SHOP.split("tables:\n")[1].splitlines()
    (folder / "dataset.yaml").write_text(SHOP.split("tables:\n", maxsplit=1)[0])
    name, lines = "", []
    for line in [*texts, "  end:"]:
        if line.startswith("  ") and not line.startswith("   "):
            if name:
                (folder / f"{name}.yaml").write_text("\n".join(lines) + "\n")
            name, lines = line.strip(" :"), []
        else:
            lines.append(line[4:])
    (folder / ".#orders.yaml").write_text("half: [")
    loaded = load_dataset(folder, kinds)
    assert dict(loaded.dataset.tables) == dict(load(SHOP).dataset.tables)
    assert loaded.folder == folder
    assert str(loaded.where(("tables", "items", "columns", "n"))) == f"{folder / 'items.yaml'}:3:3"
    assert str(loaded.where(("tables", "items"))) == f"{folder / 'items.yaml'}:1:1"
    assert (head, bool(tables)) == ("dataset: shop\nstart: 2025-01-01\ntables:", True)


def folder_problems(folder, kinds) -> list[str]:
    with pytest.raises(SpecError) as caught:
        load_dataset(folder, kinds)
    return [f"{one.where}".removeprefix(f"{folder}") + " " + one.code for one in caught.value.problems]


def test_problems_of_a_folder_stand_in_their_files(tmp_path, kinds):
    (tmp_path / "dataset.yaml").write_text(
        "dataset: shop\nseeed: 3\ntables:\n  a: {rows: 1, columns: {x: {kind: key}}}\n"
    )
    (tmp_path / "a.yaml").write_text("rows: 1\n")
    (tmp_path / "b.yaml").write_text("rows: 1\ncolumns:\n  x: {kind: keyy}\n")
    (tmp_path / "c d.yml").write_text("rows: 1\ncolumns: {x: {kind: key}}\n")
    (tmp_path / "e.yaml").write_text("rows: [")
    assert folder_problems(tmp_path, kinds) == [
        "/a.yaml:1:1 TD1015", "/b.yaml:3:13 TD1001", "/c d.yml:1:1 TD1025", "/c d.yml:1:1 TD1034", "/dataset.yaml:2:1 TD1020",
        "/e.yaml:1:7 TD1012",
    ]  # fmt: skip


def test_a_broken_head_still_shows_the_problems_of_the_tables(tmp_path, kinds):
    (tmp_path / "dataset.yaml").write_text("dataset: [")
    (tmp_path / "a.yaml").write_text("rows: 1\nrows: 2\n")
    assert folder_problems(tmp_path, kinds) == ["/a.yaml:2:1 TD1015", "/dataset.yaml:1:10 TD1012"]


def test_a_folder_without_a_head_is_refused(tmp_path, kinds):
    (tmp_path / "a.yaml").write_text("rows: 1\n")
    assert folder_problems(tmp_path, kinds) == [" TD1010"]


def test_too_many_files_are_refused(tmp_path, kinds):
    (tmp_path / "dataset.yaml").write_text("dataset: a\n")
    for number in range(4):
        (tmp_path / f"t{number}.yaml").write_text("rows: 1\n")
    with pytest.raises(SpecError, match="more than 3 YAML files"):
        load_dataset(tmp_path, kinds, Limits(folder_files=3))


def test_all_problems_are_reported_together_in_the_order_of_the_file(complain):
    problems = complain("""\
dataset: shop
seed: -1
tables:
  a:
    rows: -1
    key: idx
    columns:
      id: {kind: key, prefx: P}
      c: {kind: kye}
      e: {kind: integer, distribution: geometrik, min: x, max: 1.5}
  b:
    rows: {per: aa}
    columns: {x: {kind: key}}
""")
    assert [(one.where.line, one.code) for one in problems] == [
        (2, "TD1023"), (5, "TD1023"), (6, "TD1031"), (8, "TD1020"), (9, "TD1001"), (10, "TD1024"), (10, "TD1022"),
        (10, "TD1022"), (12, "TD1030"),
    ]  # fmt: skip
    hints = " ".join(one.hint for one in problems)
    assert all(f"did you mean '{name}'" in hints for name in ("id", "prefix", "key", "geometric", "a"))


def test_a_value_that_yaml_refused_is_not_reported_twice(complain):
    problems = complain("dataset: shop\ntables: {a: {rows: 0100, columns: {x: {kind: integer, min: 012}}}}\n")
    assert [one.code for one in problems] == ["TD1017", "TD1017"]


def test_the_number_of_problems_is_bounded(tmp_path, kinds):
    columns = "".join(f"      c{n}: {{kind: nokind}}\n" for n in range(300))
    (tmp_path / "d.yaml").write_text(f"dataset: a\ntables:\n  t:\n    rows: 1\n    columns:\n{columns}")
    with pytest.raises(SpecError) as caught:
        load_dataset(tmp_path / "d.yaml", kinds)
    assert len(caught.value.problems) == 201
    assert caught.value.problems[-1].message == "more problems are not shown"


def reference_codes(tmp_path, kinds, name: str) -> str:
    file = tmp_path / "d.yaml"
    file.write_text(f"dataset: a\ntables:\n  t: {{rows: {{file: '{name}'}}}}\n")
    try:
        load_dataset(file, kinds)
    except SpecError as error:
        (one,) = error.problems
        assert str(one.where) == f"{file}:3:20"
        return one.code
    return ""


def test_reference_files_stay_in_the_folder_and_exist(tmp_path, kinds):
    outside = tmp_path / "outside.csv"
    outside.write_text("a\n1\n")
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "ok.csv").write_text("a\n1\n")
    (folder / "notes.txt").write_text("a\n1\n")
    (folder / "link.csv").symlink_to(outside)
    (folder / "near.csv").symlink_to(folder / "ok.csv")
    codes = {name: reference_codes(folder, kinds, name) for name in (
        "ok.csv", "near.csv", "../outside.csv", "link.csv", "/etc/passwd", "~/x.csv", "none.csv", "notes.txt", "C:\\x.csv",
        "a//b.csv", ".", "%2e%2e/x.csv",
    )}  # fmt: skip
    assert codes == {
        "ok.csv": "", "near.csv": "", "../outside.csv": "TD1034", "link.csv": "TD1034", "/etc/passwd": "TD1034",
        "~/x.csv": "TD1034", "none.csv": "TD1036", "notes.txt": "TD1036", "C:\\x.csv": "TD1034", "a//b.csv": "TD1034",
        ".": "TD1034", "%2e%2e/x.csv": "TD1034",
    }  # fmt: skip


def test_reference_files_are_listed_once(tmp_path, kinds):
    (tmp_path / "a.csv").write_text("x\n1\n")
    (tmp_path / "d.yaml").write_text("dataset: a\ntables:\n  t: {rows: {file: a.csv}}\n  u: {rows: {file: a.csv}}\n")
    loaded = load_dataset(tmp_path / "d.yaml", kinds)
    assert isinstance(loaded.dataset.tables["t"].rows, FileRows)
    assert loaded.reference_files() == ((tmp_path / "a.csv").resolve(),)


def test_a_reference_file_has_a_largest_size(tmp_path, kinds):
    (tmp_path / "a.csv").write_text("x\n1\n")
    (tmp_path / "d.yaml").write_text("dataset: a\ntables:\n  t: {rows: {file: a.csv}}\n")
    with pytest.raises(SpecError, match="TD1036"):
        load_dataset(tmp_path / "d.yaml", kinds, Limits(reference_bytes=2))


def test_the_schedule_is_kept(load):
    schedule = "{cron: '5 4 * * sun', timezone: Europe/Berlin}"
    kept = load(
        f"dataset: a\nschedule: {schedule}\ntables: {{t: {{rows: 1, columns: {{x: {{kind: key}}}}}}}}\n"
    ).dataset.schedule
    assert (kept.cron, kept.timezone) == ("5 4 * * sun", "Europe/Berlin")


@pytest.mark.parametrize(("schedule", "code"), [
    ("{cron: '61 2 * * *'}", "TD1035"), ("{timezone: US/Nowhere}", "TD1035"), ("{timezone: '+25:00'}", "TD1035"),
    ("{timezone: America}", "TD1035"), ("{timezone: ''}", "TD1035"), ("{timezone: /etc/passwd}", "TD1035"), ("{crn: x}", "TD1020"),
    ("daily", "TD1022"),
])  # fmt: skip
def test_schedule_is_checked(one_problem, schedule, code):
    text = f"dataset: a\nschedule: {schedule}\ntables: {{t: {{rows: 1, columns: {{x: {{kind: key}}}}}}}}\n"
    assert one_problem(text)[:2] == (code, 2)

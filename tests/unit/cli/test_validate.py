from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def test_a_sound_dataset_has_no_problem(tempdata, shop):
    ended = tempdata("validate", str(shop))
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == f"{shop}: shop, 3 tables, no problem\n"


def test_all_problems_of_all_files_come_at_once(tempdata, shop, text):
    first, second = shop.with_name("first.yaml"), shop.with_name("second.yaml")
    first.write_text(text.replace("mean: 30", "mean: -1").replace("kind: position", "kind: postion"))
    second.write_text(text.replace("to: customers", "to: custmers"))
    ended = tempdata("validate", str(first), str(shop), str(second))
    assert ended.code == 2
    places = [line.split(": ")[0] for line in ended.err.splitlines()]
    assert places == [f"{first}:12:28", f"{first}:23:27", f"{second}:17:42"]
    assert "did you mean 'position'" in ended.err
    assert "did you mean 'customers'?" in ended.err
    assert ended.out == f"{shop}: shop, 3 tables, no problem\n"


def test_json_holds_problems_with_their_places(tempdata, shop, text):
    shop.write_text(text.replace("seed: 42", "sed: 42"))
    ended = tempdata("validate", str(shop), "--json")
    (error,) = ended.document["errors"]
    assert error["where"] == {"file": str(shop), "line": 3, "column": 1}
    assert ended.document["datasets"] == [{"spec": str(shop), "dataset": None, "tables": [], "problems": 1}]


def test_a_folder_of_datasets_is_validated_file_by_file(tempdata, shop, text):
    shop.with_name("other.yaml").write_text(text.replace("dataset: shop", "dataset: other"))
    ended = tempdata("validate", str(shop.parent))
    assert ended.code == 0
    assert ended.out.count("no problem") == 2


def test_two_files_of_the_same_dataset_are_refused(tempdata, shop, text):
    twin = shop.with_name("twin.yaml")
    twin.write_text(text)
    ended = tempdata("validate", str(shop), str(twin))
    assert ended.code == 2
    assert ended.err.startswith(f"{twin}:1:10: TD4005 dataset 'shop' is also in {shop}")


def test_an_unknown_expectation_is_found(tempdata, shop, text):
    shop.write_text(text + "    expectations:\n      - {type: expect_column_to_exst, kwargs: {column: order_id}}\n")
    ended = tempdata("validate", str(shop))
    assert ended.code == 2
    assert f"{shop}:25:16: TD5002" in ended.err


@pytest.mark.parametrize("name", ["no.yaml", "a\nb", "a\0b", "\x1b[31m", "x" * 5000])
def test_a_file_that_is_not_there(tempdata, name):
    ended = tempdata("validate", name)
    assert ended.code == 2
    assert "TD1010 there is no such file" in ended.err
    assert ended.err.count("\n") == 1
    assert ended.err.rstrip("\n").isprintable()


def test_nothing_to_validate(tempdata):
    assert tempdata("validate").code == 2


def test_nothing_heavy_is_imported_and_it_is_quick(shop, figure):
    program = (
        "import sys; from tempdata_dagster.cli import main; code = main(sys.argv[1:]);"
        "print(sorted({m.split('.')[0] for m in sys.modules} & set('dagster pandas great_expectations faker rich'.split())))"
    )
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", program, "validate", str(shop)], cwd=ROOT, capture_output=True, text=True, check=True
        )
        seconds.append(time.perf_counter() - began)
    assert done.stdout.splitlines()[-1] == "[]"
    figure(f"tempdata validate takes {min(seconds):.2f} s from start to end (best of 3)")
    assert min(seconds) < 2

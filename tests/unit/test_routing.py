from __future__ import annotations

from pathlib import Path

import pytest

from tempdata_dagster.core.errors import InputError, SpecError
from tempdata_dagster.generators import KINDS
from tempdata_dagster.publish import Target
from tempdata_dagster.publish.route import Routes
from tempdata_dagster.routing import Environment, check_publications, resolve_routes
from tempdata_dagster.spec.load import LoadedDataset, load_dataset
from tempdata_dagster.spec.project import EnvironmentSettings

SHOP = """\
dataset: shop
publish: {publish}
tables:
  products:
    rows: 3
    columns: {{name: {{kind: choice, values: [a, b]}}}}
  orders:
    rows: 4
    publish: {own}
    columns: {{name: {{kind: choice, values: [a, b]}}}}
"""


@pytest.fixture
def load(tmp_path: Path):
    def load(publish: str, own: str = "[]") -> LoadedDataset:
        path = tmp_path / "shop.yaml"
        path.write_text(SHOP.format(publish=publish, own=own))
        return load_dataset(path, KINDS)

    return load


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    settings = {
        "url": str(tmp_path / "lake"),
        "destinations": {"exports": {"url": str(tmp_path / "exports")}, "warehouse": None},
    }
    return Environment.of(EnvironmentSettings.model_validate(settings))


def urls(routes: Routes, table: str) -> list[tuple[str, str]]:
    return [(one.name, Path(one.place.url).name) for one in routes.route(table).destinations]


def test_the_lake_is_where_tables_go_by_themselves(load, environment):
    assert urls(resolve_routes(load("[]"), environment), "orders") == [("lake", "lake")]


def test_the_first_place_is_home_and_a_table_has_a_list_of_its_own(load, environment):
    routes = resolve_routes(load("[exports, lake]", "[{to: lake, compression: zstd}]"), environment)
    assert urls(routes, "products") == [("exports", "exports"), ("lake", "lake")]
    assert routes.home("products").url.endswith("exports")
    assert urls(routes, "orders") == [("lake", "lake")]
    assert routes.home("orders").format_facts() == ("parquet", {"compression": "zstd"})


def test_a_place_that_an_environment_has_none_of_is_left_out(load, environment):
    routes = resolve_routes(load("[lake, warehouse]", "[warehouse]"), environment)
    assert urls(routes, "products") == [("lake", "lake")]
    # A table of which nothing would be left still has a lake.
    assert urls(routes, "orders") == [("lake", "lake")]


def test_tables_share_what_is_opened(load, environment):
    routes = resolve_routes(load("[lake, exports]"), environment)
    assert [one.name for one in routes.places()] == ["lake", "exports"]
    assert routes.home("products") is routes.home("orders")


@pytest.mark.parametrize(
    ("publish", "code", "place"),
    [
        ("[lake, exprots]", "TD1054", "2:17"),
        ("[{to: lake, format: parqet}]", "TD1001", "2:30"),
        ("[{to: lake, compresion: zstd}]", "TD1020", "2:22"),
        ("[{to: lake, compression: middle-out}]", "TD1024", "2:35"),
        ("[{to: lake, row_group_size: 5}]", "TD1023", "2:38"),
        ("[lake, exports, lake]", "TD1056", "2:26"),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_a_hint(load, environment, publish, code, place):
    with pytest.raises(SpecError) as caught:
        resolve_routes(load(publish), environment)
    [problem] = caught.value.problems
    assert problem.code == code
    assert str(problem.where).endswith(f"shop.yaml:{place}"), str(problem)
    assert problem.hint


@pytest.mark.parametrize("publish", ["[lake, {to: lake, format: parquet}]", "[lake, twin]"])
def test_two_names_of_one_place_are_refused(load, tmp_path, publish):
    settings = {"url": str(tmp_path / "lake"), "destinations": {"twin": {"url": f"{tmp_path}/lake/"}}}
    with pytest.raises(InputError, match=r"TD1056 'lake' and '(lake|twin)' are both"):
        resolve_routes(load(publish), Environment.of(EnvironmentSettings.model_validate(settings)))


def test_formats_are_checked_where_no_environment_is_known(load):
    assert [one.code for one in check_publications(load("[{to: anywhere, format: cvs}]"))] == ["TD1001"]
    assert check_publications(load("[{to: anywhere, format: parquet, compression: zstd}]")) == []


@pytest.mark.parametrize("publish", ["lake", "[[lake]]", "[{to: 5}]", "[{format: [csv]}]", "[{to: 'no name'}]", "[3]"])
def test_lists_that_are_none_are_refused_when_the_file_is_loaded(load, publish):
    with pytest.raises(SpecError) as caught:
        load(publish)
    assert all(one.where and one.where.line == 2 for one in caught.value.problems)


def test_a_table_that_goes_elsewhere_is_another_table_to_dagster_and_the_same_rows(load):
    from tempdata_dagster.engine.plan import compile_plan

    before, after = compile_plan(load("[]")), compile_plan(load("[]", "[exports]"))
    assert before.fingerprint("products") == after.fingerprint("products")
    assert before.fingerprint("orders") != after.fingerprint("orders")
    first, second = ([list(plan.batches(part)) for part in plan.parts("orders", None)] for plan in (before, after))
    assert first == second


def test_a_single_place_takes_everything(tmp_path):
    target = Target.open(tmp_path)
    routes = Routes.of(target)
    assert routes.home("anything") is target
    assert Routes.of(routes) is routes


def test_a_database_takes_no_format(load, tmp_path):
    settings = {"url": str(tmp_path), "destinations": {"warehouse": {"url": "sqlite:///shop.db"}}}
    environment = Environment.of(EnvironmentSettings.model_validate(settings))
    with pytest.raises(SpecError, match="TD1056"):
        resolve_routes(load("[{to: warehouse, format: csv}]"), environment)


def test_a_secret_is_read_when_a_place_is_opened(load, tmp_path, monkeypatch):
    settings = {"url": "s3://bucket/lake", "options": {"key": "env:NO_SUCH_KEY", "secret": "env:NO_SUCH_SECRET"}}
    environment = Environment.of(EnvironmentSettings.model_validate(settings))
    with pytest.raises(InputError, match="TD1053"):
        resolve_routes(load("[]"), environment)
    monkeypatch.setenv("NO_SUCH_KEY", "canary-key")
    monkeypatch.setenv("NO_SUCH_SECRET", "canary-secret")
    routes = resolve_routes(load("[]"), environment)
    assert "canary" not in repr(routes)

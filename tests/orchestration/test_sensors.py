from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.definitions.sensor_definition import SensorExecutionData
from dagster._core.remote_origin import RegisteredCodeLocationOrigin
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG

from tempdata_dagster.core.errors import TerminalError, TransientError
from tempdata_dagster.orchestration.reload import URL_VARIABLE, reload_location
from tests.orchestration.shop import PLAIN, SHOP, Project, materialize

KEYS = ("2026-01-01", "2026-01-02")


class CodeLocation:
    """The project as a code location holds it, and its sensor's cursor. `reload` is what the webserver would do."""

    def __init__(self, project: Project, instance: dg.DagsterInstance) -> None:
        self.project = project
        self.instance = instance
        self.cursor: str | None = None
        self.reload()

    def reload(self) -> None:
        self.definitions = self.project.definitions()

    def tick(self, *, located: bool = False) -> SensorExecutionData:
        repository = self.definitions.get_repository_def()
        sensor = repository.get_sensor_def("tempdata_config")
        with dg.build_sensor_context(instance=self.instance, cursor=self.cursor, repository_def=repository) as context:
            if located:
                context._code_location_origin = RegisteredCodeLocationOrigin("here")
            data = sensor.evaluate_tick(context)
        self.cursor = data.cursor
        return data

    def materialize(self, *tables: str) -> None:
        assert materialize(self.definitions, self.instance, *tables, keys=KEYS).success


def selected(data: SensorExecutionData) -> list[set[str]]:
    return [{key.path[-1] for key in request.asset_selection or []} for request in data.run_requests or []]


def ranges(data: SensorExecutionData) -> list[tuple[str | None, str | None]]:
    tags = [request.tags for request in data.run_requests or []]
    return [(one.get(ASSET_PARTITION_RANGE_START_TAG), one.get(ASSET_PARTITION_RANGE_END_TAG)) for one in tags]


@pytest.fixture
def location(project: Project, instance: dg.DagsterInstance) -> CodeLocation:
    """A code location whose four tables are materialized for two days, and whose sensor has seen it."""
    found = CodeLocation(project, instance)
    found.materialize()
    assert found.tick().run_requests == []
    return found


def test_nothing_changed_requests_nothing(location: CodeLocation):
    data = location.tick()

    assert data.run_requests == []
    assert data.skip_message == "no dataset file changed"


def test_a_comment_order_and_layout_request_nothing(location: CodeLocation):
    location.project.edit("shop", "# A comment.", "# Another one,\n# on two lines.\n")
    location.project.edit(
        "shop", "{kind: key, prefix: P, description: Its number.}", "{description: Its number., prefix: P,   kind: key}"
    )

    data = location.tick()
    assert data.run_requests == []
    assert data.skip_message == "no dataset file changed"


def test_an_edit_asks_for_the_reload_first_and_keeps_the_cursor(location: CodeLocation):
    before = json.loads(location.cursor or "")["tables"]
    location.project.edit("shop", "prefix: O", "prefix: X")

    data = location.tick()
    assert data.run_requests == []
    assert "shop.yaml changed" in (data.skip_message or "")
    assert json.loads(location.cursor or "")["tables"] == before


def test_after_the_reload_the_changed_table_and_its_true_dependants_run(location: CodeLocation):
    location.project.edit("shop", "prefix: O", "prefix: X")
    location.tick()
    location.reload()

    data = location.tick()
    assert selected(data) == [{"orders", "order_items"}]
    assert ranges(data) == [KEYS]
    assert location.tick().run_requests == []


def test_a_changed_column_that_nobody_uses_runs_its_table_alone(location: CodeLocation):
    location.project.edit(
        "shop", "signed_up_at: {kind: timestamp}", "signed_up_at: {kind: timestamp}\n      level: {kind: position}"
    )
    location.reload()

    assert selected(location.tick()) == [{"customers"}]


def test_a_static_table_runs_without_partitions(location: CodeLocation):
    location.project.edit("shop", "description: Its number.", "nulls: 0, description: Its number.")
    location.project.edit("shop", "rows: 50", "rows: 60")
    location.reload()
    data = location.tick()

    assert "products" in selected(data)[0]
    assert {request.partition_key for request in data.run_requests or []} <= {None}


def test_only_materialized_partitions_run_as_unbroken_ranges(project: Project, instance: dg.DagsterInstance):
    location = CodeLocation(project, instance)
    for keys in (("2026-01-01", "2026-01-02"), ("2026-01-06", "2026-01-06")):
        assert materialize(location.definitions, instance, "shop/customers", keys=keys).success
    location.tick()
    project.edit("shop", "prefix: C", "prefix: K")
    location.reload()
    data = location.tick()

    assert selected(data) == [{"customers"}, {"customers"}]
    assert ranges(data)[0] == ("2026-01-01", "2026-01-02")
    assert [request.partition_key for request in data.run_requests or []] == [None, "2026-01-06"]


def test_hours_days_and_static_tables_live_in_one_location(project: Project, instance: dg.DagsterInstance):
    hourly = (
        "dataset: clicks\nstart: 2026-01-01\ntables:\n  visits:\n    rows: {per: hour, mean: 5}\n    key: visit_id\n"
    )
    project.write("clicks", hourly + "    columns:\n      visit_id: {kind: key, prefix: V}\n")
    location = CodeLocation(project, instance)
    hours = ("2026-01-01-00:00", "2026-01-01-02:00")
    assert materialize(location.definitions, instance, "clicks/visits", keys=hours).success
    assert materialize(location.definitions, instance, "shop/products").success
    location.tick()
    project.edit("clicks", "prefix: V", "prefix: W")
    project.edit("shop", "prefix: P", "prefix: Q")
    location.reload()
    data = location.tick()

    assert sorted(map(sorted, selected(data))) == [["products"], ["visits"]]
    assert set(ranges(data)) == {hours, (None, None)}


def test_a_table_that_was_never_materialized_does_not_run(project: Project, instance: dg.DagsterInstance):
    location = CodeLocation(project, instance)
    location.tick()
    project.edit("shop", "prefix: C", "prefix: K")
    location.reload()

    assert location.tick().run_requests == []


def test_a_revert_within_one_tick_is_no_change(location: CodeLocation):
    location.project.edit("shop", "prefix: O", "prefix: X")
    location.project.edit("shop", "prefix: X", "prefix: O")

    assert location.tick().skip_message == "no dataset file changed"


def test_a_revert_before_anything_ran_again_runs_nothing(location: CodeLocation):
    location.project.edit("shop", "prefix: O", "prefix: X")
    location.reload()
    assert selected(location.tick()) == [{"orders", "order_items"}]
    location.project.edit("shop", "prefix: X", "prefix: O")
    location.reload()

    assert location.tick().run_requests == []


def test_an_edit_made_again_after_a_revert_is_a_request_of_its_own(location: CodeLocation):
    keys = []
    for before, after in (("O", "X"), ("X", "O"), ("O", "X")):
        location.project.edit("shop", f"prefix: {before}", f"prefix: {after}")
        location.reload()
        keys += [request.run_key for request in location.tick().run_requests or []]
        location.materialize("shop/orders", "shop/order_items")

    assert len(keys) == len(set(keys)) == 3


def test_a_half_written_file_runs_nothing_and_says_why(location: CodeLocation):
    before = json.loads(location.cursor or "")["tables"]
    location.project.write("shop", SHOP[: SHOP.index("prefix: O")])

    data = location.tick()
    assert data.run_requests == []
    assert "shop.yaml:" in (data.skip_message or "")
    assert "TD1" in (data.skip_message or "")
    assert json.loads(location.cursor or "")["tables"] == before
    location.project.write("shop", SHOP)
    assert location.tick().skip_message == "no dataset file changed"


def test_a_broken_file_does_not_hold_up_the_others(location: CodeLocation):
    location.project.write("other", PLAIN.format(name="other"))
    location.reload()
    location.materialize("other/things")
    location.tick()
    location.project.write("shop", "dataset: [")
    location.project.edit("other", "prefix: T", "prefix: U")
    assert "other.yaml changed" in (location.tick().skip_message or "")
    location.reload()
    data = location.tick()

    assert selected(data) == [{"things"}]


def test_what_a_broken_file_missed_runs_when_it_is_whole_again(location: CodeLocation):
    location.project.write("shop", "dataset: [")
    location.reload()
    location.tick()
    location.project.write("shop", SHOP.replace("prefix: O", "prefix: X"))
    location.tick()
    location.reload()

    assert selected(location.tick()) == [{"orders", "order_items"}]


def test_a_broken_file_with_an_asset_of_its_own_gets_a_failed_check_once(location: CodeLocation):
    location.project.write("bad", "dataset: [")
    assert location.tick().asset_events == []
    location.reload()
    [event] = location.tick().asset_events

    assert isinstance(event, dg.AssetCheckEvaluation)
    assert event.asset_key.path == ["errors", "bad"]
    assert not event.passed
    assert location.tick().asset_events == []


def test_a_new_file_asks_for_the_reload(location: CodeLocation):
    location.project.write("other", PLAIN.format(name="other"))
    assert "other.yaml changed" in (location.tick().skip_message or "")
    location.reload()

    assert location.tick().skip_message == "no dataset file changed"


def test_a_deleted_file_asks_for_the_reload_when_it_stays_away(location: CodeLocation):
    file = location.project.write("other", PLAIN.format(name="other"))
    location.reload()
    location.tick()
    file.unlink()
    assert location.tick().skip_message == "no dataset file changed"

    assert "other.yaml changed" in (location.tick().skip_message or "")


def test_a_changed_description_reloads_and_runs_nothing(location: CodeLocation):
    location.project.edit("shop", "What is sold.", "What we sell.")
    assert "shop.yaml changed" in (location.tick().skip_message or "")
    location.reload()

    assert location.tick().run_requests == []


def test_a_changed_reference_file_is_noticed(project: Project, instance: dg.DagsterInstance):
    (project.datasets / "codes.csv").write_text("code\nDE\nUS\n", encoding="utf-8")
    head = "dataset: ref\ntables:\n  codes:\n    rows: {file: codes.csv}\n    key: code\n"
    columns = "    columns:\n      code: {kind: file, column: code}\n"
    project.write("ref", head + columns)
    location = CodeLocation(project, instance)
    assert materialize(location.definitions, instance, "ref/codes").success
    location.tick()
    (project.datasets / "codes.csv").write_text("code\nDE\nUS\nPK\n", encoding="utf-8")
    assert "ref.yaml changed" in (location.tick().skip_message or "")
    location.reload()

    assert selected(location.tick()) == [{"codes"}]


@pytest.mark.parametrize(
    "cursor", ["", "garbage", "[1]", '{"shop": "abc"}', '{"version": 1, "tables": [1], "round": "x"}']
)
def test_a_cursor_of_another_make_forgets_nothing(location: CodeLocation, cursor: str):
    location.project.edit("shop", "prefix: O", "prefix: X")
    location.reload()
    location.cursor = cursor

    assert selected(location.tick()) == [{"orders", "order_items"}]
    location.materialize("shop/orders", "shop/order_items")
    location.cursor = cursor
    assert location.tick().run_requests == []


def test_a_run_under_way_is_waited_for(location: CodeLocation):
    orders = dg.AssetKey(["shop", "orders"])
    run = location.instance.create_run_for_job(
        location.definitions.resolve_implicit_global_asset_job_def(), asset_selection=frozenset({orders})
    )
    location.project.edit("shop", "prefix: O", "prefix: X")
    location.reload()
    waiting = location.tick()
    assert waiting.run_requests == []
    assert f"waiting for run {run.run_id[:8]}" in (waiting.skip_message or "")
    location.instance.report_run_canceled(run)

    assert selected(location.tick()) == [{"orders", "order_items"}]


class Webserver(http.server.BaseHTTPRequestHandler):
    """Answers the reload mutation as the server's `answer` says."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        server: Any = self.server
        server.asked.append(body["variables"])
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(server.answer).encode())

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def webserver() -> Iterator[Any]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Webserver) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        recorder: Any = server
        recorder.asked = []
        recorder.answer = {"data": {"reloadRepositoryLocation": {"__typename": "WorkspaceLocationEntry"}}}
        yield recorder
        server.shutdown()
        thread.join()


def url_of(webserver: Any) -> str:
    return f"http://127.0.0.1:{webserver.server_address[1]}"


def test_the_webserver_is_asked_for_this_location(
    location: CodeLocation, webserver: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(URL_VARIABLE, url_of(webserver))
    location.project.edit("shop", "prefix: O", "prefix: X")

    assert "was reloaded" in (location.tick(located=True).skip_message or "")
    assert webserver.asked == [{"location": "here"}]


def test_no_webserver_is_told_and_tried_again(location: CodeLocation, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(URL_VARIABLE, "http://127.0.0.1:9")
    location.project.edit("shop", "prefix: O", "prefix: X")
    for _ in range(2):
        assert "TD4011" in (location.tick(located=True).skip_message or "")


def test_a_location_that_does_not_load_is_told(webserver: Any):
    webserver.answer["data"]["reloadRepositoryLocation"]["locationOrLoadError"] = {"message": "SyntaxError: no"}

    with pytest.raises(TerminalError, match=r"TD4012.*SyntaxError"):
        reload_location("here", url_of(webserver))


def test_a_webserver_that_speaks_no_json_is_told(tmp_path: Path):
    handler = http.server.SimpleHTTPRequestHandler
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        with pytest.raises(TransientError, match="TD4011"):
            reload_location("here", f"http://127.0.0.1:{server.server_address[1]}")
        thread.join()

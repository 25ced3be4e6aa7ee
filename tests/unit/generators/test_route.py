from __future__ import annotations

import itertools
import json
import math
import statistics

import pytest

from tempdata_dagster.generators.journey import MODES

HOME_AND_WORK = "a: {kind: city, place: home, country: FR}\nb: {kind: city, place: work, country: FR}\n"
ENDS = "y: {kind: latitude, place: home}\nx: {kind: longitude, place: home}\n"


def kilometres(one, other) -> float:
    (west, south), (east, north) = (map(math.radians, point) for point in (one, other))
    half = math.sin((north - south) / 2) ** 2 + math.cos(south) * math.cos(north) * math.sin((east - west) / 2) ** 2
    return 2 * 6371.0088 * math.asin(math.sqrt(half))


def length(points) -> float:
    return sum(kilometres(one, other) for one, other in itertools.pairwise(points))


def test_a_line_is_longer_than_straight_on_and_shorter_than_the_way(build, figure):
    for waypoints in (0, 6, 30):
        table = build(
            f"{HOME_AND_WORK}{ENDS}km: {{kind: route_distance, from: home, to: work, mode: foot}}\n"
            f"line: {{kind: route, from: home, to: work, waypoints: {waypoints}}}"
        )
        for row in table.to_pylist():
            points = json.loads(row["line"])["coordinates"]
            assert len(points) == waypoints + 2
            assert points[0] == [row["x"], row["y"]]
            assert kilometres(points[0], points[-1]) - 0.01 <= length(points) <= row["km"] * 1.01 + 0.01
    figure(f"ways of {len(table):,} journeys: none shorter than its line on the map, no line shorter than straight on")


def test_wkt_and_geojson_are_of_one_line(build):
    columns = "g: {kind: route, from: home, to: work, waypoints: 3}\nw: {kind: route, from: home, to: work, waypoints: 3, as: wkt}"
    for row in build(HOME_AND_WORK + columns, rows=50).to_pylist():
        inner = row["w"].removeprefix("LINESTRING (").removesuffix(")")
        assert [list(map(float, point.split())) for point in inner.split(", ")] == json.loads(row["g"])["coordinates"]


def test_each_means_of_travel_has_its_speed(build, figure):
    near = "a: {kind: city, place: home, country: DE}\nb: {kind: city, place: work, near: home}\n"
    speeds = {}
    for mode in MODES:
        settings = f"from: home, to: work, mode: {mode}"
        columns = f"km: {{kind: route_distance, {settings}}}\ns: {{kind: route_duration, {settings}}}"
        rows = build(near + columns).to_pylist()
        assert all(row["s"] >= 1 for row in rows)
        speeds[mode] = statistics.median(row["km"] / row["s"] * 3600 for row in rows)
    figure("median km/h within German cities: " + ", ".join(f"{mode} {speed:.0f}" for mode, speed in speeds.items()))
    assert 3.5 < speeds["foot"] < 5
    assert speeds["foot"] < speeds["bicycle"] < speeds["truck"] < speeds["car"] < speeds["motorcycle"]


def test_a_truck_stops_for_the_night(build):
    columns = "km: {kind: route_distance, from: home, to: work, mode: truck}\ns: {kind: route_duration, from: home, to: work, mode: truck}"
    rows = build(HOME_AND_WORK + columns).to_pylist()
    far = [row for row in rows if row["km"] > 1_200]
    assert far
    assert all(row["s"] > (row["km"] / 78 * 0.85 + 11) * 3600 for row in far)


def test_the_means_can_be_a_column(build):
    columns = (
        "by: {kind: choice, values: [foot, car], nulls: 10%}\nm: {kind: route_duration, from: home, to: work, mode: by}\n"
        "f: {kind: route_duration, from: home, to: work, mode: foot}\nc: {kind: route_duration, from: home, to: work}"
    )
    for row in build(HOME_AND_WORK + columns, rows=300).to_pylist():
        assert row["m"] == {"foot": row["f"], "car": row["c"], None: None}[row["by"]]


@pytest.mark.parametrize(
    ("columns", "code", "message"),
    [
        ("r: {kind: route, from: home, to: wrk}", "TD2052", "no column of 't' is of place 'wrk'"),
        ("r: {kind: route, from: home, to: home}", "TD2053", "a journey is between two different places"),
        ("r: {kind: route}", "TD2053", "a journey is between two different places"),
        ("r: {kind: route_distance, from: home, to: work, mode: boat}", "TD2054", "'boat' is no means of travel and no column"),
        ("m: {kind: choice, values: [car, boat]}\nr: {kind: route_distance, from: home, to: work, mode: m}", "TD2054", "'m' has 'boat'"),
        ("m: {kind: integer, min: 1, max: 2}\nr: {kind: route_distance, from: home, to: work, mode: m}", "TD2054", "is a int64"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_an_error(problems, columns, code, message):
    ((found, text, hint),) = problems(HOME_AND_WORK + columns)
    assert found == code
    assert message in text
    assert hint

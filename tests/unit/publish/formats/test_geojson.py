from __future__ import annotations

import io
import json
from decimal import Decimal

import pyarrow as pa
import pytest
import shapely

from tempdata_dagster.core.errors import GenerationError, InputError
from tempdata_dagster.publish.formats import FileLabel
from tempdata_dagster.publish.formats.json_cells import JsonStyle, spell
from tests.unit.publish.formats.files import File, differing
from tests.unit.publish.formats.rare import RARE
from tests.unit.publish.nasty import nasty_table, plain_table

POINT = pa.struct([("lat", pa.decimal128(9, 5)), ("lon", pa.float64())])
ROME, POLE = {"lat": Decimal("41.90000"), "lon": 12.5}, {"lat": Decimal("-90.00000"), "lon": -180.0}


def placed(table: pa.Table) -> pa.Table:
    """`table` with a place for each row; of some no coordinate is known, of some only one."""
    rows = range(len(table))
    east = pa.array([None if n % 7 == 3 else n * 3.4 % 360 - 180 for n in rows], pa.float64())
    north = pa.array([None if n % 5 == 3 else n * 1.7 % 180 - 90 for n in rows], pa.float64())
    return table.append_column("Longitude", east).append_column("lat", north)


def columns_of_geometries() -> dict[str, tuple[pa.Array, dict[str, str]]]:
    json_texts = ['{"type": "Point", "coordinates": [12.50, -41.9]}', None, '{"type":"LineString","coordinates":[[0,1.50],[-180,90]]}',
                  '{"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 0]]]}']  # fmt: skip
    wkt_texts = ["POINT (12.50 41)", None, "LINESTRING (-1.5 2, 3 4.00)", "LINESTRING (0 0, 1 1, -180 -90, 2e1 3)"]
    return {
        "location": (pa.array([ROME, None, POLE, ROME], POINT), {}),
        "route": (pa.array([[ROME, POLE], None, [POLE, ROME, POLE], [POLE, ROME]], pa.list_(POINT)), {}),
        "line": (pa.array([[ROME, POLE], None, [POLE, ROME, POLE], [POLE, ROME]], pa.large_list(POINT)), {}),
        "geometry": (pa.array(json_texts), {}),
        "where": (pa.array(wkt_texts), {"geometry": "where", "text": "wkt"}),
    }


GEOMETRIES = columns_of_geometries()


def features(file: File) -> list[dict]:
    """The features, after a look whether they are as RFC 7946 wants them."""
    collection = json.loads(file.data, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert collection["type"] == "FeatureCollection"
    assert "crs" not in collection
    for one in collection["features"]:
        assert set(one) == {"type", "geometry", "properties"}
        assert one["type"] == "Feature"
        assert isinstance(one["properties"], dict)
        if one["geometry"] is not None:
            assert set(one["geometry"]) == {"type", "coordinates"}
            assert shapely.is_valid(shapely.geometry.shape(one["geometry"]))
    return collection["features"]


@pytest.mark.parametrize("options", [{}, {"sequence": True}, {"compression": "gzip"}], ids=str)
def test_every_cell_of_the_nasty_table_comes_back(options):
    table = placed(nasty_table())
    file = File("geojson", table, **options)
    assert differing(file.read(), table) == []
    assert file.inspect() == len(table)


@pytest.mark.parametrize("name", list(RARE))
def test_every_type_comes_back(name):
    table = placed(RARE[name])
    assert differing(File("geojson", table).read(), table) == []


@pytest.mark.parametrize("name", list(GEOMETRIES))
def test_geometries_of_any_kind_come_back(name):
    cells, options = GEOMETRIES[name]
    for table in (pa.table({name: cells, "n": range(4)}), pa.table({name: cells}), pa.table({name: cells}).slice(1)):
        assert differing(File("geojson", table, **options).read(), table) == []
        assert len(features(File("geojson", table, **options))) == len(table)


def test_a_real_parser_sees_the_same_places_and_properties():
    table = placed(nasty_table())
    found = features(File("geojson", table))
    assert len(found) == len(table)
    for one, east, north in zip(found, table["Longitude"].to_pylist(), table["lat"].to_pylist(), strict=True):
        if east is None or north is None:
            assert one["geometry"] is None
        else:
            point = shapely.geometry.shape(one["geometry"])
            assert (point.x, point.y) == (east, north)
    for name in nasty_table().column_names:
        texts = spell(table[name].combine_chunks(), JsonStyle()).whole().to_pylist()
        expected = [None if text is None else json.loads(text) for text in texts]
        assert [one["properties"][name] for one in found] == expected, name


def test_lines_run_as_they_are_told():
    cells, _ = GEOMETRIES["route"]
    line = shapely.geometry.shape(features(File("geojson", pa.table({"route": cells})))[0]["geometry"])
    assert list(line.coords) == [(12.5, 41.9), (-180.0, -90.0)]
    wkt, options = GEOMETRIES["where"]
    for text, one in zip(wkt.to_pylist(), features(File("geojson", pa.table({"where": wkt}), **options)), strict=True):
        assert text is None or shapely.from_wkt(text).equals(shapely.geometry.shape(one["geometry"]))


def test_a_coordinate_that_stands_alone_is_a_property():
    table = pa.table({"lon": [1.5, None, None, 2.0], "lat": [None, 2.5, None, 3.0], "n": [1, 2, 3, 4]})
    file = File("geojson", table)
    assert [one["properties"] for one in features(file)] == [
        {"n": 1, "lon": 1.5},
        {"n": 2, "lat": 2.5},
        {"n": 3},
        {"n": 4},
    ]
    assert file.read().equals(table)
    alone = table.select(["lon", "lat"])
    assert File("geojson", alone).read().equals(alone)


@pytest.mark.parametrize(
    ("column", "row", "wrong"),
    [
        (pa.array(['{"type": "Point", "coordinates": [1, 2]}', '{"type": "Point", "coordinates": [181, 2]}']), 1, "coordinates"),
        (pa.array(['{"type": "Point", "coordinates": [1, 90.1]}']), 0, "coordinates"),
        (pa.array(['{"type": "LineString", "coordinates": [[1, 2], [3, -91]]}']), 0, "coordinates"),
        (pa.array([None, '{"type": "Point", "coordinates": [NaN, 2]}']), 1, "coordinates"),
        (pa.array(['{"type": "Point", "coordinates": [1]}']), 0, "coordinates"),
        (pa.array(['{"type": "Point", "coordinates": []}']), 0, "coordinates"),
        (pa.array(['{"type": "Point", "coordinates": [1, 2]}}, {"a": {}']), 0, "no geometry"),
        (pa.array(['{"type": "Point", "coordinates": [1, 2], "a": {},"properties":{}}']), 0, "no geometry"),
        (pa.array(['{"type": "Thing", "coordinates": [1, 2]}']), 0, "no geometry"),
        (pa.array(['{"type": "Point",\n"coordinates": [1, 2]}']), 0, "no geometry"),
        (pa.array(["POINT (1 2)"]), 0, "no geometry"),
        (pa.array(["[" * 100_000]), 0, "no geometry"),
        (pa.array([ROME, {"lat": None, "lon": 1.0}], POINT), 1, "a point without"),
        (pa.array([ROME, {"lat": Decimal("91.00000"), "lon": 1.0}], POINT), 1, "coordinates"),
        (pa.array([ROME, {"lat": Decimal("9.00000"), "lon": float("nan")}], POINT), 1, "coordinates"),
        (pa.array([[ROME, ROME], None, [ROME]], pa.list_(POINT)), 2, "fewer than two"),
        (pa.array([[ROME, ROME], []], pa.list_(POINT)), 1, "fewer than two"),
        (pa.array([None, [ROME, ROME], [ROME, None]], pa.list_(POINT)), 2, "a point without"),
        (pa.array([None, [ROME, ROME], [ROME, {"lat": Decimal(0), "lon": 200.0}]], pa.list_(POINT)), 2, "coordinates"),
    ],
)  # fmt: skip
def test_places_that_are_nowhere_are_refused_with_their_row(column, row, wrong):
    with pytest.raises(GenerationError, match=rf"TD3045 column 'geometry', row {row}: geojson cannot hold.*{wrong}"):
        File("geojson", pa.table({"geometry": column}))


@pytest.mark.parametrize(
    "text",
    [
        "POINT(1 2)",
        "POINT (181 2)",
        "POINT (1 -90.5)",
        "LINESTRING (1 2)",
        "POLYGON ((0 0, 1 1, 1 0, 0 0))",
        "POINT (1 2)]}",
        "point (1 2)",
    ],
)
def test_text_that_is_not_the_wkt_of_points_and_lines_is_refused(text):
    with pytest.raises(GenerationError, match="TD3045 column 'g', row 1: geojson cannot hold"):
        File("geojson", pa.table({"g": ["POINT (1 2)", text]}), geometry="g", text="wkt")


@pytest.mark.parametrize(("east", "north"), [(180.5, 0.0), (0.0, -90.5), (float("nan"), 0.0), (0.0, float("inf"))])
def test_numbers_out_of_range_are_refused(east, north):
    table = pa.table({"lon": [0.0] * 20_000 + [east], "lat": [0.0] * 20_000 + [north]})
    with pytest.raises(GenerationError, match="column 'lon, lat', row 20000: geojson"):
        File("geojson", table, 777)


def test_geometries_are_found_only_if_one_can_be_meant():
    File("geojson", pa.table({"Lng": [1.0], "LATITUDE": [2]}))
    for table in (pa.table({"a": [1]}), pa.table({"lon": [1.0], "lat": [1.0], "geometry": ["x"]}), pa.table({"lon": ["1"], "lat": ["2"]}),
                  pa.table({"lon": [1.0], "lng": [1.0], "lat": [1.0]})):  # fmt: skip
        with pytest.raises(GenerationError, match="TD3045") as caught:
            File("geojson", table)
        assert "longitude and latitude, or geometry" in caught.value.hint


@pytest.mark.parametrize(
    "options",
    [
        {"longitude": "a"},
        {"longitude": "t", "latitude": "n"},
        {"longitude": "a", "latitude": "n"},
        {"geometry": "n"},
        {"geometry": "t", "longitude": "n", "latitude": "n"},
    ],
)
def test_options_that_name_no_geometry(options):
    with pytest.raises(InputError, match="TD3004"):
        File("geojson", pa.table({"n": [1], "t": ["x"]}), **options)


def test_columns_may_be_named():
    table = pa.table({"home_east": [1.0], "home_north": [2.0], "lon": [9.0], "lat": [9.0]})
    file = File("geojson", table, longitude="home_east", latitude="home_north")
    assert features(file)[0] == {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [1.0, 2.0]},
        "properties": {"lon": 9.0, "lat": 9.0},
    }
    assert file.read().equals(table)


def test_the_collection_says_that_the_data_are_synthetic():
    file = File("geojson", placed(plain_table(0)), label=FileLabel({"fingerprint": "f1"}, table="shops"))
    told = {
        "type": "FeatureCollection",
        "name": "shops",
        "tempdata.synthetic": "true",
        "tempdata.fingerprint": "f1",
        "features": [],
    }
    assert json.loads(file.data) == told
    assert file.read().num_rows == 0


def test_a_sequence_has_one_feature_in_each_line():
    table = placed(plain_table(30))
    file = File("geojson", table, sequence=True)
    lines = file.data.decode().split("\n")
    assert [json.loads(line)["type"] for line in lines[:-1]] == ["Feature"] * 30
    assert lines[-1] == ""
    assert file.format.suffix == ".geojsonl"
    assert File("geojson", table.slice(0, 0), sequence=True).inspect() == 0


def test_a_property_cannot_end_its_feature():
    table = pa.table(
        {"lon": [1.0, None], "lat": [2.0, 3.0], '","properties":{': ['}},{"type":"Feature"', ',"properties":{"a":1}}']}
    )
    assert len(features(File("geojson", table))) == 2
    assert File("geojson", table).read().equals(table)


@pytest.mark.parametrize("sequence", [False, True])
def test_damage_is_told(sequence):
    table = placed(plain_table(60))
    file = File("geojson", table, sequence=sequence)
    for size in (1, 50, len(file.data) // 2, len(file.data) - 1):
        for call in (file.read, file.inspect):
            with pytest.raises(pa.ArrowInvalid):
                call(file.data[:size])
    for old, new in (
        (b'"id":1,', b'"id":1.5,'),
        (b'"id":1,', b'"ID":1,'),
        (b"Point", b"Pxint"),
        (b"properties", b"proberties"),
    ):
        with pytest.raises(pa.ArrowInvalid):
            file.read(file.data.replace(old, new))
    if not sequence:
        with pytest.raises(pa.ArrowInvalid):
            file.read(b"")


def test_streams_of_bytes_are_enough():
    table = placed(plain_table(5))
    file = File("geojson", table)
    assert pa.Table.from_batches(file.format.read(io.BytesIO(file.data), table.schema)).equals(table)

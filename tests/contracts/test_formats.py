"""What every format promises, checked by walking the registry: a new format is tested by existing."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tempdata_dagster.core.errors import GenerationError, InputError
from tempdata_dagster.publish.formats import FORMATS, FileLabel, Format
from tests.unit.publish.formats.files import File, content, differing
from tests.unit.publish.formats.hostile import NAMES
from tests.unit.publish.nasty import nasty_table, plain_table

GOLDEN = Path(__file__).parent / "formats.json"
LONGEST_CELL = 32_767
# What a format cannot hold, and an option by which it can: all else of the nasty table must come back.
OPTIONS: dict[str, dict[str, Any]] = {
    "orc": {"timestamps": "text"},
    "geojson": {"longitude": "east", "latitude": "north"},
}
# Formats whose bytes are ours from end to end; those of the others change with their libraries.
OWN_BYTES = {"csv": {}, "json": {}, "jsonl": {}, "sql": {}, "xml": {}, "geojson": {}, "avro": {"compression": "none"}}
LABEL = FileLabel({"fingerprint": "f1"}, dataset="retail", table="orders")
# Their data files are those of Parquet; what makes tables of them is tested with the tables.
TABLE_FORMATS = ("delta", "iceberg")
BIGGER = {"arrow": {"batch_size": 1_024}, "parquet": {"row_group_size": 1_024}, "avro": {"block_rows": 50}}


@pytest.fixture(params=list(FORMATS))
def name(request: pytest.FixtureRequest) -> str:
    return request.param


def fitted(name: str, table: pa.Table) -> pa.Table:
    """`table` as far as the format can hold it, with places where it needs them."""
    if name == "excel" and "text" in table.column_names:
        short = [text is None or len(text) <= LONGEST_CELL for text in table["text"].to_pylist()]
        table = table.filter(pa.array(short, pa.bool_()))
    if name == "sql":
        table = table.filter(pa.array([not has_nul(row) for row in table.to_pylist()], pa.bool_()))
    if name == "geojson":
        rows = range(len(table))
        east, north = ([n * step % 180.0 - 90 for n in rows] for step in (1.5, 0.25))
        table = table.append_column("east", pa.array(east, pa.float64())).append_column(
            "north", pa.array(north, pa.float64())
        )
    return table


def has_nul(value: object) -> bool:
    """Whether a text within holds NUL, which PostgreSQL does not take."""
    if isinstance(value, str):
        return "\0" in value
    return any(map(has_nul, value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()))


def write(name: str, table: pa.Table, cut: int | None = None, **options: Any) -> File:
    return File(name, table, cut, LABEL, **{**OPTIONS.get(name, {}), **options})


def test_every_cell_of_the_nasty_table_comes_back(name):
    table = fitted(name, nasty_table())
    file = write(name, table)
    assert differing(file.read(), table) == []
    assert file.inspect() == file.written.rows == len(table)
    assert file.written.content_hash == content(table)
    assert file.written.bytes == len(file.data)


def test_no_rows_and_one_row_come_back(name):
    for rows in (0, 1):
        table = fitted(name, nasty_table().slice(7, rows))
        file = write(name, table)
        assert file.read().equals(table) or differing(file.read(), table) == []
        assert file.inspect() == rows


@settings(max_examples=12, deadline=None)
@given(cuts=st.lists(st.integers(1, 3_000), min_size=1, max_size=6))
def test_the_bytes_do_not_know_how_rows_were_cut(cuts):
    table = plain_table(2_500).select(["id", "decimal", "moment_utc", "text", "category", "records"])
    for name in FORMATS:
        rows = fitted(name, table)
        whole = write(name, rows, **BIGGER.get(name, {}))
        sink, batches, start = write(name, rows.slice(0, 0)).sink.__class__(), [], 0
        for cut in (*cuts, len(rows)):
            batches += rows.slice(start, cut).to_batches()
            start += cut
        whole.format.write(sink, rows.schema, batches, {}, LABEL)
        assert sink.data.getvalue() == whole.data, name


def test_hostile_names_of_columns_come_back(name):
    names = NAMES
    if name in TABLE_FORMATS:
        # Their readers find columns without regard to case.
        names = tuple({one.lower(): one for one in NAMES}.values())
    if name == "sql":
        # Names have at most 63 bytes there, and no letters that cannot be seen.
        names = tuple(one for one in NAMES if one.isprintable() and len(one.encode()) <= 63)
    assert len(names) >= 150
    table = fitted(name, pa.table([pa.array([f"{n}", None]) for n in range(len(names))], names=list(names)))
    try:
        file = write(name, table)
    except GenerationError as error:
        pytest.fail(f"{name} does not take a name: {error}")
    found = file.read()
    assert found.column_names == table.column_names
    assert differing(found, table) == []


def test_a_file_that_was_cut_off_is_damaged(name):
    table = fitted(name, plain_table(80))
    file = write(name, table)
    for size in (len(file.data) // 3, len(file.data) // 2, len(file.data) - 2):
        for call in (file.read, file.inspect):
            with pytest.raises(pa.ArrowInvalid):
                call(file.data[:size])


def test_a_file_of_another_schema_is_refused(name):
    file = write(name, fitted(name, pa.table({"a": [1, 2], "b": ["x", "y"]})))
    file.schema = fitted(name, pa.table({"a": [1, 2], "c": ["x", "y"]})).schema
    with pytest.raises(pa.ArrowInvalid):
        file.read()


def test_options_are_checked(name):
    cls = FORMATS.get(name)
    with pytest.raises(InputError, match=r"TD3004.*no option 'no_such_option'"):
        cls({"no_such_option": 1})
    for option in cls.options_class.model_fields:
        with pytest.raises(InputError, match="TD3004"):
            cls({option: object()})


def test_options_have_defaults_and_words(name):
    cls = FORMATS.get(name)
    assert cls({}).settings == {}
    described = (cls.options_class.__doc__ or "") + "".join(base.__doc__ or "" for base in cls.options_class.__bases__)
    for option in cls.options_class.model_fields:
        assert option in described, f"the options of {name} do not say what '{option}' is"


def test_each_format_has_a_suffix_of_its_own():
    suffixes = [FORMATS.get(name)({}).suffix for name in FORMATS if name not in TABLE_FORMATS]
    assert len(set(suffixes)) == len(suffixes)
    assert all(suffix.startswith(".") for suffix in suffixes)


def test_each_format_has_a_chunk_that_memory_holds(name):
    made: Format[Any] = FORMATS.get(name)({})
    assert 1 <= made.chunk_rows <= 262_144


def test_memory_does_not_grow_with_rows(name):
    table = fitted(name, plain_table(100).select(["id", "decimal", "text", "category"]))
    batch = pa.concat_tables([table] * 50).combine_chunks().to_batches()[0]
    made: Format[Any] = FORMATS.get(name)(
        {**OPTIONS.get(name, {}), **({"stripe_size": 1_048_576} if name == "orc" else {})}
    )

    def peak(batches: int) -> int:
        before, most = pa.total_allocated_bytes(), [0]

        class Sink:
            def write(self, data: Any) -> int:
                most.append(pa.total_allocated_bytes() - before)
                return len(data)

            def commit(self) -> None:
                return

            def abort(self) -> None:
                return

        made.write(Sink(), batch.schema, (batch for _ in range(batches)), {}, LABEL)
        return max(most)

    chunk = -(-made.chunk_rows // batch.num_rows)
    assert peak(chunk * 4) <= 1.3 * peak(chunk * 2) + 1_000_000


def hash_golden(name: str) -> str:
    """The hash that a format's golden file keeps: of its bytes if they are ours, else of what is read back."""
    table = fitted(name, plain_table(40))
    if name in OWN_BYTES:
        return hashlib.sha256(write(name, table, **OWN_BYTES[name]).data).hexdigest()
    return content(write(name, table).read())


def test_gives_the_pinned_bytes(name):
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert name in golden, "a format without a pinned hash: python -m tests.contracts.test_formats"
    assert hash_golden(name) == golden[name], "the files changed: say so in CHANGELOG.md"


def test_a_failure_leaves_nothing_behind(name):
    table = fitted(name, plain_table(10))
    made: Format[Any] = FORMATS.get(name)(OPTIONS.get(name, {}))
    file = write(name, table)
    sink = file.sink.__class__()

    def batches():
        yield from table.to_batches()
        raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        made.write(sink, table.schema, batches(), {}, LABEL)
    assert sink.state == "aborted"


def test_a_storage_that_fails_is_not_a_damaged_file(name):
    class Failing(io.BytesIO):
        def read(self, size=-1, /):
            raise TimeoutError("the storage does not answer")

        def readinto(self, buffer, /):
            raise TimeoutError("the storage does not answer")

    file = write(name, fitted(name, plain_table(3)))
    with pytest.raises(TimeoutError):
        list(file.format.read(Failing(file.data), file.schema))


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps({name: hash_golden(name) for name in FORMATS}, indent=2) + "\n", encoding="utf-8")

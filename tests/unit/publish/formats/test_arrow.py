from __future__ import annotations

import io

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import feather, ipc

from tempdata_dagster.core.errors import InputError
from tests.unit.publish.formats.files import File, content, differing
from tests.unit.publish.formats.rare import RARE
from tests.unit.publish.nasty import nasty_table, plain_table

SETTINGS = [{}, {"compression": "zstd"}, {"compression": "none"}, {"dictionary": "none"}]
WORDS = pa.schema([("w", pa.dictionary(pa.int32(), pa.string()))])


@pytest.mark.parametrize("options", SETTINGS, ids=str)
def test_every_cell_of_the_nasty_table_comes_back(options):
    table = nasty_table()
    file = File("arrow", table, **options)
    assert differing(file.read(), table) == []
    assert file.inspect() == len(table)


@pytest.mark.parametrize("name", list(RARE))
def test_every_type_comes_back(name):
    assert differing(File("arrow", RARE[name]).read(), RARE[name]) == []


def test_feathers_own_reader_sees_the_same_types_and_cells():
    table = nasty_table()
    data = File("arrow", table).data
    found = feather.read_table(io.BytesIO(data)).replace_schema_metadata()
    assert found.schema.equals(table.schema)
    assert content(found) == content(table)
    assert len(pd.read_feather(io.BytesIO(data))) == len(table)


def test_polars_sees_the_same_cells():
    import polars as pl

    table = plain_table(300)
    found = pl.read_ipc(io.BytesIO(File("arrow", table).data), use_pyarrow=False).to_arrow()
    for name in table.column_names:
        assert repr(found[name].to_pylist()) == repr(table[name].to_pylist()), name


def test_the_schema_says_that_the_data_are_synthetic():
    metadata = ipc.open_file(io.BytesIO(File("arrow", plain_table(1)).data)).schema.metadata
    assert metadata == {b"tempdata.synthetic": b"true", b"tempdata.fingerprint": b"f1"}


def test_record_batches_have_a_fixed_number_of_rows():
    table = pa.table({"n": range(2_500)})
    reader = ipc.open_file(io.BytesIO(File("arrow", table, 7, batch_size=1_024).data))
    assert [reader.get_batch(n).num_rows for n in range(reader.num_record_batches)] == [1_024, 1_024, 452]
    with pytest.raises(InputError, match="TD3004"):
        File("arrow", table, batch_size=3)


def test_a_dictionary_that_all_batches_share_is_kept_whole_and_written_once():
    words = pa.DictionaryArray.from_arrays(pa.array([0, 1] * 2_000, pa.int32()), pa.array(["a", "b", "never used"]))
    reader = ipc.open_file(io.BytesIO(File("arrow", pa.table([words], WORDS), 100, batch_size=1_024).data))
    assert reader.read_all()["w"].chunk(3).dictionary.to_pylist() == ["a", "b", "never used"]
    assert reader.stats.num_dictionary_batches == 1


def encoded(texts: list[str | None], cut: int) -> list[pa.RecordBatch]:
    """Batches of which each has a dictionary of its own."""
    plain = pa.array(texts, pa.string())
    return [pa.record_batch([plain.slice(n, cut).dictionary_encode()], WORDS) for n in range(0, len(texts), cut)]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "c", "d", "", None]), min_size=1, max_size=60), st.integers(1, 60))
def test_dictionaries_grow_the_same_way_however_rows_were_cut(texts, cut):
    # 1,024 rows of one word between them, so that later chunks bring new ones.
    told = [*texts[: len(texts) // 2], *["a"] * 1_024, *texts[len(texts) // 2 :]]
    files = [File("arrow", pa.Table.from_batches(encoded(told, one), WORDS), batch_size=1_024) for one in (cut, 61)]
    assert files[0].data == files[1].data
    assert files[0].read()["w"].to_pylist() == told
    assert feather.read_table(io.BytesIO(files[0].data))["w"].to_pylist() == told


def test_damage_that_can_be_seen_is_told():
    table = plain_table(200)
    file = File("arrow", table)
    for size in (0, 5, 100, len(file.data) // 2, len(file.data) - 1):
        for call in (file.read, file.inspect):
            with pytest.raises(pa.ArrowInvalid):
                call(file.data[:size])
    told = 0
    for place in range(0, len(file.data), len(file.data) // 200):
        data = bytearray(file.data)
        data[place] ^= 0x80
        try:
            file.read(bytes(data))
        except pa.ArrowInvalid:
            told += 1
    assert told > 50


def test_a_file_with_other_columns_is_refused():
    file = File("arrow", pa.table({"a": [1]}))
    file.schema = pa.schema([("a", pa.int32())])
    with pytest.raises(pa.ArrowInvalid, match="other columns"):
        file.read()


def test_a_storage_that_fails_is_not_a_damaged_file():
    class Failing(io.BytesIO):
        def read(self, size=-1):
            raise TimeoutError("the storage does not answer")

    file = File("arrow", pa.table({"a": [1]}))
    with pytest.raises(TimeoutError):
        list(file.format.read(Failing(file.data), file.schema))

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from tempdata_dagster.publish.formats import rows
from tempdata_dagster.publish.formats.rows import fixed_texts, has_any, join, join_known, text_array, values_of

NAMES = pa.array(["ann", "", None, "łukasz", "bo"])
TAGS = pa.array(["x", "yy", "z", "", None])


def test_pieces_and_literals_are_joined_row_by_row():
    assert join(["<", NAMES, "|", "·", TAGS, ">"]).to_pylist() == ["<ann|·x>", "<|·yy>", None, "<łukasz|·>", None]
    assert join([NAMES, "a", "b", TAGS], ",").to_pylist() == ["ann,a,b,x", ",a,b,yy", None, "łukasz,a,b,", None]


def test_nulls_are_left_out_with_their_separator():
    assert join_known([NAMES, TAGS, "end"], ",").to_pylist() == [
        "ann,x,end",
        ",yy,end",
        "z,end",
        "łukasz,,end",
        "bo,end",
    ]


def test_rows_of_nulls_only_stay_rows():
    assert join_known([NAMES.slice(2), TAGS.slice(1, 3)], "-").to_pylist() == ["yy", "łukasz-z", "bo-"]
    nothing = pa.nulls(3, pa.string())
    assert join_known([nothing, pa.array(["a", None, None])], ",").to_pylist() == ["a", "", ""]


def test_the_values_of_a_slice_are_its_own():
    assert values_of(NAMES.slice(1, 3)).tobytes() == "łukasz".encode()
    assert values_of(pa.array([], pa.string())).tobytes() == b""
    assert values_of(pa.array([b"a", b"\xff"]).slice(1)).tobytes() == b"\xff"


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.binary(), pa.large_binary()])
def test_texts_of_any_width_are_joined(kind):
    joined = join(["é", NAMES.cast(kind), TAGS])
    assert joined.cast(pa.string()).to_pylist() == ["éannx", "éyy", None, "éłukasz", None]
    assert pa.types.is_large_string(joined.type) == (kind == pa.large_string())


def test_more_than_32_bits_can_address_are_joined_by_64(monkeypatch):
    monkeypatch.setattr(rows, "MOST_BYTES", 20)
    joined = join(["'", NAMES, "'"])
    assert joined.type == pa.large_string()
    assert joined.to_pylist() == ["'ann'", "''", None, "'łukasz'", "'bo'"]


def test_texts_over_bytes_that_are_there():
    letters = np.frombuffer(b"abcdef", np.uint8)
    assert fixed_texts(letters.reshape(3, 2)).to_pylist() == ["ab", "cd", "ef"]
    assert fixed_texts(letters.reshape(3, 2), np.array([True, False, True])).to_pylist() == ["ab", None, "ef"]
    assert text_array(letters, np.array([0, 0, 6], np.int64)).to_pylist() == ["", "abcdef"]
    assert fixed_texts(np.empty((0, 5), np.uint8)).to_pylist() == []


def test_letters_are_found():
    assert has_any(NAMES, '"n')
    assert not has_any(NAMES, '",')
    assert not has_any(NAMES.slice(4), "an,")

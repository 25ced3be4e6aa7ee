from __future__ import annotations

import json
import random

import pytest

from tempdata_dagster.core.errors import TerminalError
from tempdata_dagster.publish.manifest import encode_manifest, is_of_others, parse_manifest


@pytest.fixture
def manifest(lake):
    return lake.publish([lake.rows(5)], [lake.rows(6)], seed=7).manifest


def test_a_manifest_is_json_that_ends_in_its_checksum(manifest):
    data = encode_manifest(manifest)
    assert list(json.loads(data))[-1] == "sha256"
    assert parse_manifest(data, manifest.ref.manifest) == manifest


def test_one_from_before_there_were_checksums_is_read(manifest):
    data = (manifest.model_dump_json(indent=1) + "\n").encode()
    assert parse_manifest(data, manifest.ref.manifest) == manifest
    assert not is_of_others(data)


def test_every_flipped_bit_and_every_lost_byte_is_noticed(manifest):
    good = encode_manifest(manifest)
    damaged = [good[:length] for length in (0, 1, len(good) - 70, len(good) - 2, len(good) - 1)]
    damaged += [good + b"\n", good + b" ", b" " + good]
    for bit in random.Random(5).sample(range(8 * len(good)), 2000):
        data = bytearray(good)
        data[bit // 8] ^= 1 << bit % 8
        damaged.append(bytes(data))
    for data in damaged:
        with pytest.raises(TerminalError, match="TD3030"):
            parse_manifest(data, manifest.ref.manifest)


def test_a_changed_figure_is_noticed_though_it_reads_well(manifest):
    data = encode_manifest(manifest).replace(b'"seed": 7', b'"seed": 8')
    assert json.loads(data)["facts"]["seed"] == 8
    with pytest.raises(TerminalError, match="its checksum is of other bytes"):
        parse_manifest(data, manifest.ref.manifest)
    assert not is_of_others(data)

"""Random lakes, one random damage each, and `verify` has to notice every one."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest

from tempdata_dagster.core.errors import DataError, InputError
from tempdata_dagster.core.partition import Period, key_of
from tempdata_dagster.publish import PartitionFacts, PartitionRef, Target
from tempdata_dagster.publish.formats import FORMATS
from tempdata_dagster.publish.verify import verify

SCHEMA = pa.schema([("number", pa.int64()), ("text", pa.string())])
PERIODS = (None, Period.HOUR, Period.DAY, Period.WEEK, Period.MONTH)
PER_LAKE = 50


def publish(target: Target, ref: PartitionRef, rng: random.Random, parts: int) -> None:
    with target.stage(ref) as staging:
        for index in range(parts):
            numbers = [rng.getrandbits(40) for _ in range(rng.randint(1, 30))]
            rows = pa.record_batch({"number": numbers, "text": [f"row {number:x}" for number in numbers]}, SCHEMA)
            staging.write_part(index, SCHEMA, [rows])
        staging.publish(PartitionFacts(seed=rng.getrandbits(30)))


def usable_formats(folder: Path) -> list[str]:
    """The formats that take a plain table: not those that need a place in every row."""
    usable = []
    for name in FORMATS:
        target = Target.open(folder).of_format(name, {})
        try:
            publish(target, PartitionRef("probe", "rows"), random.Random(1), 1)
        except DataError:
            continue
        usable.append(name)
    return usable


@dataclass
class Lake:
    """A lake of two versions: what lies in it, and what lay there before.

    Attributes:
        older: By the partition's folder and the part's number (a manifest's is its path), the bytes of the first version.
    """

    root: Path
    older: dict[str, bytes]

    @classmethod
    def build(cls, root: Path, rng: random.Random, formats: list[str]) -> Lake:
        target = Target.open(root)
        refs = [
            (target.of_format(rng.choice(formats), {}), PartitionRef(dataset, table, period, key))
            for dataset in ("retail", "web")[: rng.randint(1, 2)]
            for table in ("orders", "items", "visits")[: rng.randint(1, 3)]
            for period in [rng.choice(PERIODS)]
            for key in ([key_of(period, 700 + n) for n in range(rng.randint(1, 4))] if period else [None])
        ]
        # Partitions of one table need not share a format: a target may have been told another one since.
        older: dict[str, bytes] = {}
        for version in (1, 2):
            for lake, ref in refs:
                publish(lake, ref, rng, rng.choice((1, 1, 1, 2, 3)))
            if version == 1:
                older = {slot_of(path): path.read_bytes() for path in files_of(root)}
        return cls(root, older)

    @property
    def files(self) -> list[Path]:
        return [*self.parts, *self.manifests]

    @property
    def parts(self) -> list[Path]:
        # Not the logs of table formats: a comment in a commit is nobody's rows.
        return [path for path in files_of(self.root) if path.name.startswith("part-")]

    @property
    def manifests(self) -> list[Path]:
        return [path for path in files_of(self.root) if "_manifests" in path.parts]


def files_of(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file() and "_staging" not in path.parts)


def slot_of(path: Path) -> str:
    return str(path) if "_manifests" in path.parts else f"{path.parent}/{path.name[:10]}"


def flip(lake: Lake, rng: random.Random, paths: list[Path]) -> None:
    path = rng.choice(paths)
    data = bytearray(path.read_bytes())
    bit = rng.randrange(8 * len(data))
    data[bit // 8] ^= 1 << bit % 8
    path.write_bytes(data)


def truncate(lake: Lake, rng: random.Random, paths: list[Path]) -> None:
    path = rng.choice(paths)
    data = path.read_bytes()
    path.write_bytes(data[: rng.choice((0, len(data) - 1, rng.randrange(len(data))))])


def append(lake: Lake, rng: random.Random, paths: list[Path]) -> None:
    path = rng.choice(paths)
    path.write_bytes(path.read_bytes() + rng.choice((b"\n", b" ", b"\0", rng.randbytes(20))))


def delete(lake: Lake, rng: random.Random, paths: list[Path]) -> None:
    path = rng.choice(paths)
    path.unlink()
    if rng.random() < 0.5 and not any(path.parent.iterdir()):
        path.parent.rmdir()


def swap(lake: Lake, rng: random.Random, paths: list[Path]) -> None:
    one, other = rng.sample(paths, 2)
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)


def add_part(lake: Lake, rng: random.Random, paths: list[Path]) -> None:
    source = rng.choice(lake.parts)
    suffix = "".join(source.suffixes)
    name = rng.choice(
        (f"part-00009{suffix}", f"part-00001-0a1b2c3d{suffix}", f"copy of {source.name}", f"data{suffix}")
    )
    source.with_name(name).write_bytes(source.read_bytes())


def add_partition(lake: Lake, rng: random.Random, paths: list[Path]) -> None:
    source = rng.choice(lake.parts)
    table = next(one for one in source.parents if one.name in {"orders", "items", "visits"})
    folder = table / rng.choice(("date=2031-05-06", "date=2031-05-06/hour=07", "month=2031-05", "region=north", "old"))
    folder.mkdir(parents=True)
    (folder / source.name).write_bytes(source.read_bytes())


def put_older(lake: Lake, rng: random.Random, paths: list[Path]) -> None:
    path = rng.choice([path for path in paths if lake.older.get(slot_of(path), path.read_bytes()) != path.read_bytes()])
    path.write_bytes(lake.older[slot_of(path)])


@dataclass(frozen=True)
class Damage:
    """A way to damage a lake."""

    name: str
    do: Callable[[Lake, random.Random, list[Path]], None]
    of: str = "parts"


DAMAGES = (
    Damage("bit of a part flipped", flip), Damage("bit of a manifest flipped", flip, "manifests"),
    Damage("part truncated", truncate), Damage("manifest truncated", truncate, "manifests"),
    Damage("part longer", append), Damage("manifest longer", append, "manifests"),
    Damage("part deleted", delete), Damage("manifest deleted", delete, "manifests"),
    Damage("parts swapped", swap), Damage("manifests swapped", swap, "manifests"),
    Damage("part and manifest swapped", swap, "files"),
    Damage("part added", add_part), Damage("partition added", add_partition),
    Damage("older part", put_older), Damage("older manifest", put_older, "manifests"),
)  # fmt: skip


@contextmanager
def restored(root: Path) -> Iterator[None]:
    """Everything below `root` as it was, whatever the block does to it."""
    before = {path: path.read_bytes() for path in files_of(root)}
    yield
    for path in files_of(root):
        if path not in before:
            path.unlink()
    for folder in sorted((path for path in root.rglob("*") if path.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()
    for path, data in before.items():
        if not path.exists() or path.read_bytes() != data:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


def is_found(root: Path) -> bool:
    try:
        return verify(Target.open(root)) != []
    except InputError as error:
        # The only manifest is gone with its folder: a place without any is no lake.
        return error.code == "TD3006"


@pytest.mark.slow
def test_verify_finds_every_damage(tmp_path, torture, figure):
    wanted = 10_000 if torture else 200
    formats = usable_formats(tmp_path / "formats")
    done: Counter[str] = Counter()
    missed: list[str] = []
    number = 0
    while done.total() < wanted:
        rng = random.Random(number)
        lake = Lake.build(tmp_path / str(number), rng, formats)
        assert verify(Target.open(lake.root)) == []
        for _ in range(PER_LAKE):
            damage = rng.choice(DAMAGES)
            paths: list[Path] = getattr(lake, damage.of)
            if damage.do is swap and len(paths) < 2:
                continue
            with restored(lake.root):
                before = {path: path.read_bytes() for path in files_of(lake.root)}
                damage.do(lake, rng, paths)
                if before == {path: path.read_bytes() for path in files_of(lake.root)}:
                    continue
                done[damage.name] += 1
                if not is_found(lake.root):
                    missed.append(f"lake {number}: {damage.name}")
        assert verify(Target.open(lake.root)) == []
        number += 1
    figure(
        f"verify found {done.total() - len(missed)} of {done.total()} damages to {number} lakes in {len(formats)} formats"
    )
    assert missed == []
    assert set(done) == {damage.name for damage in DAMAGES}

"""What publishing asks of a file format: one module per format, each a class of options, an encoder and a reader."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

import pyarrow as pa
from pydantic import ValidationError

from tempdata_dagster.core.content import ContentHash
from tempdata_dagster.core.errors import InputError
from tempdata_dagster.core.registry import Registry, closest
from tempdata_dagster.publish.formats.output import Output
from tempdata_dagster.publish.keys import NO_KEYS, TableKeys
from tempdata_dagster.publish.layout import part_name
from tempdata_dagster.publish.stores import Sink, Store
from tempdata_dagster.spec.values import Settings

if TYPE_CHECKING:
    from tempdata_dagster.publish.tables.log import TableLog

# What formats without a reason of their own encode at a time.
CHUNK_ROWS = 65_536


class FormatOptions(Settings):
    """Base of a format's options: what `publish: [{format: ..., <option>: ...}]` takes beside `format` and `to`."""


Options = TypeVar("Options", bound=FormatOptions)


@dataclass(frozen=True)
class FileLabel:
    """What a file says of itself, as far as its format has a place for it.

    Attributes:
        metadata: Such as the fingerprint; written under `tempdata.<name>` beside `tempdata.synthetic`.
        keys: The table's keys.
        dataset: The dataset's name; empty where only rows are known.
        table: The table's name, likewise.
        part: Which part of its partition the file is, from 0.
    """

    metadata: Mapping[str, str]
    keys: TableKeys = NO_KEYS
    dataset: str = ""
    table: str = ""
    part: int = 0

    @property
    def properties(self) -> dict[str, str]:
        """The metadata as it is written: `tempdata.synthetic` first."""
        return {"tempdata.synthetic": "true"} | {f"tempdata.{name}": text for name, text in self.metadata.items()}


class Encoder(Protocol):
    """Turns the rows of one file into its bytes."""

    def write(self, table: pa.Table) -> None:
        """Append rows: exactly the format's `chunk_rows`, the last time fewer."""

    def close(self) -> None:
        """Write what ends the file; also of a file of no rows, which still tells its columns."""


@dataclass(frozen=True)
class Written:
    """What one pass of writing learned about a file.

    Attributes:
        bytes: The file's size.
        checksum: XXH3 with 128 bits of the file's bytes, 32 hexadecimal digits: to compare with what is read back.
        content_hash: Of the Arrow content (`core.content`), whatever the format.
    """

    rows: int
    bytes: int
    checksum: str
    content_hash: str


class Format(Generic[Options]):
    """A file format.

    Args:
        options: As a dataset file or a target gives them.

    Raises:
        InputError: TD3004 for an option that the format has not, or a value that the option has not.
    """

    name: ClassVar[str]
    options_class: ClassVar[type[FormatOptions]]
    # Whether Arrow reads the files as Parquet, so that they can be scanned in part and served to DuckDB as they are.
    holds_parquet: ClassVar[bool] = False

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.options: Options = self._read_options(options)

    @classmethod
    def _read_options(cls, options: Mapping[str, Any]) -> Any:
        try:
            return cls.options_class.model_validate(dict(options))
        except ValidationError as error:
            first = error.errors()[0]
            option = ".".join(map(str, first["loc"]))
            known = list(cls.options_class.model_fields)
            if first["type"] == "extra_forbidden":
                hint = closest(option, known) if known else "it has none"
                raise InputError("TD3004", f"format '{cls.name}' has no option '{option}'", hint) from None
            raise InputError("TD3004", f"format '{cls.name}', option '{option}': {first['msg']}") from None

    @property
    def settings(self) -> dict[str, Any]:
        """The options that differ from the defaults, as JSON has them: what a manifest keeps."""
        return self.options.model_dump(mode="json", exclude_defaults=True)

    @property
    def chunk_rows(self) -> int:
        """How many rows an encoder is given at a time; bytes do not depend on how batches were cut."""
        return CHUNK_ROWS

    @property
    def suffix(self) -> str:
        """The end of a part file's name, such as `.csv.gz`."""
        return f".{self.name}"

    def part_name(self, index: int, parts: int, content_hash: str, sha256: str) -> str:  # noqa: ARG002 - for table formats
        """The published name of part `index` of `parts`, by the hashes of its rows and of its bytes."""
        return part_name(index, parts, content_hash, self.suffix)

    def log(self, store: Store) -> TableLog | None:  # noqa: ARG002 - for table formats
        """The logs of a lake's tables, of a table format; None where a table is what lies in its folder.

        Raises:
            InputError: TD3015 when the format's package is not installed, TD3081 when it cannot keep its log there.
        """
        return None

    def encoder(self, output: Output, schema: pa.Schema, label: FileLabel) -> Encoder:
        """Begin a file.

        Args:
            output: Takes the bytes.
            schema: Of all rows that follow.
            label: What the file says of itself.

        Raises:
            GenerationError: TD3045 when the format cannot hold a column at all.
        """
        raise NotImplementedError

    def read(self, file: IO[bytes], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The rows of a file, with every cell as it was written.

        Args:
            file: Seekable.
            schema: Of the rows that were written; also the schema of what is read.

        Raises:
            pyarrow.ArrowInvalid: The file is damaged, or not of this schema.
        """
        raise NotImplementedError

    def inspect(self, file: IO[bytes], schema: pa.Schema) -> int:
        """How many rows a file holds, in as little time as proves that it can be read.

        Raises:
            pyarrow.ArrowInvalid: The file is damaged, or not of this schema.
        """
        return sum(batch.num_rows for batch in self.read(file, schema))

    def write(
        self,
        sink: Sink,
        schema: pa.Schema,
        batches: Iterable[pa.RecordBatch],
        metadata: Mapping[str, str],
        label: FileLabel | None = None,
    ) -> Written:
        """Write a stream of batches as one file, and commit the sink; abort it, and raise, when anything fails."""
        from tempdata_dagster.publish.formats.writer import PartWriter, fit

        content = ContentHash(schema)
        with PartWriter(self, sink, schema, label or FileLabel(metadata)) as writer:
            for given in batches:
                batch = fit(given, schema)
                content.update(batch)
                writer.write(batch)
            return writer.finish(content)


FORMATS: Registry[Format[Any]] = Registry("format", "tempdata_dagster.publish.formats")

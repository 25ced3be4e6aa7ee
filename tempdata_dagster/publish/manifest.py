"""Manifests: what a partition holds, who made it and from what, in one small JSON file."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime
from typing import Annotated, Any

import pyarrow as pa
from pydantic import ConfigDict, Field

from tempdata_dagster.core.errors import InputError, TerminalError
from tempdata_dagster.publish.keys import NO_KEYS, TableKeys
from tempdata_dagster.publish.layout import PART, PartitionRef
from tempdata_dagster.spec.values import Identifier, Period, Settings

MANIFEST_VERSION = 1
_ABOUT_THE_RUN = {"run_id", "published_at", "libraries"}
# The last field. By its one blank it is no field of a file, and a text within the document has no line breaks.
_SEAL = b',\n "sha256": "'
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class PublishedFile(Settings):
    """One part file, as it was verified before it was published.

    Attributes:
        name: Its name within the partition's folder.
        sha256: Of its bytes.
        content_hash: Of its Arrow content.
        version: The storage's own version of it, where there is one.
    """

    name: str = Field(pattern=f"^{PART.pattern}$")
    rows: int = Field(ge=0)
    bytes: int = Field(ge=0)
    sha256: Digest
    content_hash: Digest
    version: str = ""


class PartitionFacts(Settings):
    """What the caller knows about a partition and publishing does not. Never secrets: manifests are public.

    Attributes:
        fingerprint: Of the settings that the data was computed from.
        references: By parent table, what was referred to.
        checks: The results of the audit.
        extra: Anything else that is JSON.
    """

    model_config = ConfigDict(strict=False)

    fingerprint: str = ""
    seed: int = 0
    stream_version: int = 0
    references: dict[str, Any] = {}
    checks: tuple[dict[str, Any], ...] = ()
    extra: dict[str, Any] = {}


class Manifest(Settings):
    """What one partition holds.

    Attributes:
        format: Of the files; the database's own name where there are none.
        format_options: Those that differ from the format's defaults.
        table_keys: The table's primary and foreign keys.
        content_hash: Of the whole partition: the same for the same rows, whoever made them.
        arrow_schema: The files' Arrow schema, serialised by Arrow and base64-encoded.
        libraries: The versions that wrote the files.
    """

    model_config = ConfigDict(strict=False)

    manifest_version: int = Field(default=MANIFEST_VERSION, ge=1, le=MANIFEST_VERSION)
    dataset: Identifier
    table: Identifier
    period: Period | None = None
    key: str | None = None
    rows: int = Field(ge=0)
    bytes: int = Field(ge=0)
    content_hash: Digest
    files: tuple[PublishedFile, ...]
    format: str = Field(default="parquet", pattern=r"^[a-z][a-z0-9_]{0,30}$")
    format_options: dict[str, Any] = {}
    table_keys: TableKeys = NO_KEYS
    arrow_schema: str
    columns: dict[str, str] = {}
    facts: PartitionFacts = PartitionFacts()
    run_id: str
    published_at: datetime
    libraries: dict[str, str] = {}

    @property
    def ref(self) -> PartitionRef:
        """The partition."""
        return PartitionRef(self.dataset, self.table, self.period, self.key)

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema of the files."""
        return pa.ipc.read_schema(pa.BufferReader(base64.b64decode(self.arrow_schema)))

    @property
    def keys(self) -> tuple[str, ...]:
        """The stored keys of the files."""
        folder = self.ref.folder
        return tuple(f"{folder}/{file.name}" for file in self.files)

    def is_written_like(self, other: Manifest) -> bool:
        """Whether both are of the same rows in the same types and the same format."""
        # The content hash is blind to encodings (dictionaries, wide offsets) and formats, and readers are not.
        ours, theirs = ((one.content_hash, one.arrow_schema, one.format, one.format_options) for one in (self, other))
        return ours == theirs

    def names_the_files_of(self, other: Manifest) -> bool:
        """Whether both are of the same files, to the last byte."""
        ours, theirs = ([(file.name, file.sha256) for file in one.files] for one in (self, other))
        return ours == theirs

    def says_the_same(self, other: Manifest) -> bool:
        """Whether both say the same about the partition, whichever run said it, and when."""

        def told(manifest: Manifest) -> dict[str, Any]:
            told = manifest.model_dump(mode="json", exclude=_ABOUT_THE_RUN)
            return told | {"files": [file | {"version": ""} for file in told["files"]]}

        return told(self) == told(other)


def encode_manifest(manifest: Manifest) -> bytes:
    """A manifest as it is stored: its last field, `sha256`, is of all bytes before it."""
    return _seal(manifest.model_dump_json(indent=1).encode())


def _seal(document: bytes) -> bytes:
    body = document.removesuffix(b"\n}")
    return body + _SEAL + hashlib.sha256(body).hexdigest().encode() + b'"\n}\n'


def _unseal(data: bytes) -> bytes:
    """The document within; one that was stored before there were seals is its own.

    Raises:
        ValueError: The seal is of other bytes.
    """
    body, found, _ = data.rpartition(_SEAL)
    document = body + b"\n}" if found else data
    # As a whole, so that a byte more or less at the end shows too.
    if found and _seal(document) != data:
        raise ValueError("its checksum is of other bytes")
    return document


def is_of_others(data: bytes) -> bool:
    """Whether a stored manifest is sound and none that this version can read: of a newer one, or of another program."""
    try:
        told = json.loads(_unseal(data))
    # Damaged, and so ours to write anew: others are told by what they say.
    except ValueError:
        return False
    version = told.get("manifest_version") if isinstance(told, dict) else None
    return not (isinstance(version, int) and 1 <= version <= MANIFEST_VERSION)


def describe_schema(schema: pa.Schema) -> dict[str, Any]:
    """The fields of a manifest that tell a schema: for Arrow exactly, for people by name and type."""
    plain = schema.remove_metadata()
    encoded = base64.b64encode(plain.serialize().to_pybytes()).decode()
    return {"arrow_schema": encoded, "columns": {field.name: str(field.type) for field in plain}}


def library_versions() -> dict[str, str]:
    """The versions that decide a file's bytes."""
    import tempdata_dagster

    return {"tempdata_dagster": getattr(tempdata_dagster, "__version__", ""), "pyarrow": pa.__version__}


def now() -> datetime:
    """This moment, to the microsecond, in UTC."""
    return datetime.now(UTC)


def decode_manifest(data: bytes) -> Manifest:
    """A manifest from its bytes, wherever they were stored.

    Raises:
        ValueError: They are none; or an InputError, OSError or ArrowException.
    """
    manifest = Manifest.model_validate_json(_unseal(data))
    # Decoded here, so that a damaged schema is heard of at once and not as an Arrow error wherever it is needed first.
    _ = manifest.schema
    return manifest


def parse_manifest(data: bytes, key: str) -> Manifest:
    """A stored manifest.

    Args:
        data: Its bytes.
        key: Where it is stored: it must speak of the partition whose manifest belongs there.

    Raises:
        TerminalError: TD3030 when it cannot be read as one.
    """
    try:
        manifest = decode_manifest(data)
        mistaken = None if key in (manifest.ref.manifest, manifest.ref.pending) else f"it is of {manifest.ref}"
        if not manifest.files:
            mistaken = "it names no file"
    except (ValueError, InputError, OSError, pa.ArrowException) as error:
        mistaken = str(error).strip().splitlines()[0][:200]
    if mistaken:
        hint = "the next run writes it anew"
        raise TerminalError("TD3030", f"the manifest {key} cannot be read ({mistaken})", hint)
    return manifest

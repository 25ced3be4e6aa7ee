"""Targets in every kind of storage, each in a bucket or a folder of its own."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from fsspec.asyn import sync

from tempdata_dagster.publish import Target
from tests.emulators.azurite import connect_to

KINDS = ("local", "memory", "s3", "gcs", "azure")
# Emulators are near and quick: what fails for a moment is tried again soon.
QUICK = {"timeout": 20}


def make_options(kind: str, port: int) -> dict[str, Any]:
    """Options for a client of an emulator, or of a proxy before it."""
    endpoint = f"http://127.0.0.1:{port}"
    return QUICK | {
        "s3": {"key": "testing", "secret": "testing", "endpoint_url": endpoint},
        "gcs": {"token": "anon", "project": "test", "endpoint_url": endpoint},
        "azure": {"connection_string": connect_to(port)},
    }.get(kind, {})


def make_url(kind: str, request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    """The URL of an empty lake, whose bucket exists, and its options."""
    name = uuid.uuid4().hex
    if kind == "local":
        return str(request.getfixturevalue("tmp_path") / name), {}
    if kind == "memory":
        return f"memory://{name}/lake", {}
    options = request.getfixturevalue(f"{kind}_options")
    if kind == "gcs":
        return f"gs://lake/{name}", options
    url = f"{'s3' if kind == 's3' else 'abfs'}://{name}/lake"
    make_bucket(Target.open(url, options), name)
    return url, options


def make_bucket(target: Target, name: str) -> None:
    fs = target.store.fs
    if target.url.startswith("s3"):
        fs.call_s3("create_bucket", Bucket=name)
    else:
        sync(fs.loop, fs.service_client.create_container, name)

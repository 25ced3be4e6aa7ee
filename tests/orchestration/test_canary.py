"""A secret goes into a run and out of nothing: not the event log, not metadata, manifests, files or what is printed."""

from __future__ import annotations

import logging
from pathlib import Path

import dagster as dg
import pytest
from moto.server import ThreadedMotoServer

from tests.orchestration.shop import Project, materialize

KEY, SECRET = "canary-key-5b1f60", "canary-secret-93ad7e"
SETTINGS = """\
default_target: local
targets:
  local:
    url: s3://{bucket}/lake
    options: {{key: env:CANARY_KEY, secret: env:CANARY_SECRET, endpoint_url: "{endpoint}", retries: 0}}
    destinations:
      exports: {{url: {exports}, options: {options}}}
"""
SAME = '{key: env:CANARY_KEY, secret: env:CANARY_SECRET, endpoint_url: "%s", retries: 0}'


@pytest.fixture
def endpoint():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def run(project: Project, endpoint: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog, capfd):
    monkeypatch.setenv("CANARY_KEY", KEY)
    monkeypatch.setenv("CANARY_SECRET", SECRET)
    # Below that, botocore itself writes the headers of its requests, with the name of the key, for whoever asks it to.
    caplog.set_level(logging.INFO)

    def run(bucket: str, exports: str = "./exports", options: str = "{}", at: str = endpoint):
        project.file.write_text(SETTINGS.format(bucket=bucket, endpoint=at, exports=exports, options=options))
        home = tmp_path / "dagster"
        home.mkdir(exist_ok=True)
        with dg.DagsterInstance.local_temp(str(home)) as instance:
            result = materialize(project.definitions(), instance, "shop/products")
            said = [str(event) for event in result.all_events]
        printed = capfd.readouterr()
        said += [printed.out, printed.err, caplog.text]
        kept = [path for folder in (home, project.root) for path in folder.rglob("*") if path.is_file()]
        assert any(path.suffix == ".db" for path in kept)
        return result, said, kept

    return run


def find_canary(said: list[str], kept: list[Path]) -> list[str]:
    words = [KEY.encode(), SECRET.encode()]
    found = [text[:200] for text in said if KEY in text or SECRET in text]
    return found + [str(path) for path in kept if any(word in path.read_bytes() for word in words)]


def create_bucket(endpoint: str, name: str):
    import s3fs

    fs = s3fs.S3FileSystem(key=KEY, secret=SECRET, endpoint_url=endpoint, use_listings_cache=False)
    fs.call_s3("create_bucket", Bucket=name)
    return fs


def test_a_run_that_works_tells_no_secret(project: Project, run, endpoint: str):
    project.edit("shop", "seed: 1\n", "seed: 1\npublish: [lake, {to: exports, format: orc}]\n")
    fs = create_bucket(endpoint, "canary-works")
    result, said, kept = run("canary-works")
    assert result.success
    assert find_canary(said, kept) == []
    stored = fs.find("canary-works")
    assert any(path.endswith(".json") for path in stored)
    for path in stored:
        data = fs.cat_file(path)
        assert KEY.encode() not in data, path
        assert SECRET.encode() not in data, path


@pytest.mark.parametrize("what", ["no bucket", "no server", "no second bucket"])
def test_a_run_that_fails_tells_no_secret(project: Project, run, endpoint: str, what: str):
    if what == "no bucket":
        result, said, kept = run("canary-missing")
    elif what == "no server":
        result, said, kept = run("canary-nowhere", at="http://127.0.0.1:9")
    else:
        project.edit("shop", "seed: 1\n", "seed: 1\npublish: [lake, exports]\n")
        create_bucket(endpoint, "canary-first")
        result, said, kept = run("canary-first", "s3://canary-second/x", SAME % endpoint)
    assert not result.success
    assert find_canary(said, kept) == []

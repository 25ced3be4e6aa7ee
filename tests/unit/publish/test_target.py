from __future__ import annotations

import os
import pickle
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from tempdata_dagster.core.errors import InputError, OutsideError
from tempdata_dagster.core.names import check_url
from tempdata_dagster.publish import PartitionRef, Target


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("/", "TD3001"),
        ("", "TD3001"),
        ("//", "TD3001"),
        ("/etc", "TD3001"),
        ("/etc/lake", "TD3001"),
        ("/tmp/../etc/lake", "TD3001"),
        ("/proc/self", "TD3001"),
        ("/usr", "TD3001"),
        ("~", "TD3001"),
        ("file:///etc", "TD3001"),
        ("s3://", "TD3001"),
        ("s3:///", "TD3001"),
        ("s3://bucket/../other", "TD3001"),
        ("/tmp/a\0b", "TD3001"),
        ("s3://user:pw@bucket/k", "TD3003"),
        ("s3://AKIA@bucket/k", "TD3003"),
        ("gs://bucket/k?token=secret", "TD3003"),
        ("abfs://user:pw@account/k", "TD3003"),
        ("hdfs://host/k", "TD1001"),
        ("http://169.254.169.254/latest", "TD1001"),
        ("ftp://host/k", "TD1001"),
    ],
)
def test_unsafe_roots_are_refused_before_anything_is_touched(url, code):
    with pytest.raises(InputError, match=code) as caught:
        Target.open(url)
    assert caught.value.exit_code == 2
    for secret in ("pw", "AKIA", "secret"):
        assert secret not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "options", "uri"),
    [
        ("gcs://bucket/lake", {"token": "anon"}, "gs://bucket/lake/k"),
        ("az://container/lake", {"account_name": "account"}, "abfs://container/lake/k"),
        ("abfss://container@account.dfs.core.windows.net/lake", {"account_name": "account"}, "abfs://container/lake/k"),
    ],
)
def test_every_scheme_that_a_project_may_name_has_its_store(url, options, uri):
    assert check_url(url) == url
    assert Target.open(url, options).store.uri("k") == uri


def test_a_link_to_a_system_folder_is_refused(tmp_path):
    (tmp_path / "lake").symlink_to("/etc")
    with pytest.raises(InputError, match="TD3001"):
        Target.open(tmp_path / "lake")


@pytest.mark.parametrize("below", ["", "/lake", "/a/b"])
def test_a_file_is_no_lake(tmp_path, below):
    (tmp_path / "file").write_text("mine")
    target = Target.open(f"{tmp_path}/file{below}")
    with pytest.raises((InputError, OutsideError), match=r"TD3001|TD3013"):
        target.stage(PartitionRef("retail", "orders"))
    assert (tmp_path / "file").read_text() == "mine"


@contextmanager
def without_privileges():
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_folder_that_cannot_be_written_to_is_refused_before_the_work():
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o555)
        with without_privileges(), pytest.raises(OutsideError, match="TD3002") as caught:
            Target.open(f"{folder}/lake").stage(PartitionRef("retail", "orders"))
        assert caught.value.exit_code == 3


def test_a_bucket_that_does_not_exist_is_refused_before_the_work(s3_options):
    with pytest.raises(OutsideError, match="TD3002"):
        Target.open("s3://no-such-bucket-here/lake", s3_options).stage(PartitionRef("retail", "orders"))


@pytest.mark.parametrize(
    "options", [{"compresion": "zstd"}, {"compression": "rar"}, {"format": "parket"}, {"endpoint_url": "http://x"}]
)
def test_unknown_options_are_refused(tmp_path, options):
    with pytest.raises(InputError, match=r"TD3004|TD1001"):
        Target.open(tmp_path / "lake", options)


def test_opening_creates_nothing(tmp_path):
    target = Target.open(tmp_path / "lake")
    assert target.published("retail", "orders") == {}
    assert target.manifest(PartitionRef("retail", "orders")) is None
    assert not (tmp_path / "lake").exists()


def test_options_do_not_show_and_travel(s3_options):
    target = Target.open("s3://bucket/lake/", {**s3_options, "compression": "zstd"})
    assert "testing" not in repr(target)
    assert target.url == "s3://bucket/lake"
    again = pickle.loads(pickle.dumps(target))
    assert (again, again.options) == (target, target.options)
    assert pickle.loads(pickle.dumps(target.store)).url == target.url


def test_relative_and_file_urls_are_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Target.open("lake").url == str(tmp_path / "lake")
    assert Target.open(f"file://{tmp_path}/lake").url == str(tmp_path / "lake")


@pytest.mark.parametrize("name", ["../x", "/etc", "a/b", "", "_staging", "a.b", "a b", "é", "x" * 64, "a\0", "1a"])
def test_names_cannot_leave_the_lake(name):
    for names in ((name, "orders"), ("retail", name)):
        with pytest.raises(InputError, match="TD3005"):
            PartitionRef(*names)


@pytest.mark.parametrize(
    "key", ["..", "2026-02-30", "2026-01-31/..", "", "2026-01-31-05:00", "2026-01-31...2026-02-03"]
)
def test_keys_cannot_leave_the_lake(lake, key):
    with pytest.raises(InputError, match="TD1003"):
        PartitionRef("retail", "orders", lake.ref().period, key)


@pytest.mark.parametrize("run", ["..", "a/b", "_locks", "", ".", "x" * 101, "a\0b"])
def test_run_ids_cannot_leave_the_staging_area(lake, run):
    with pytest.raises(InputError, match="TD3005"):
        lake.ref().staging(run)

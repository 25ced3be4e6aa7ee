from __future__ import annotations

from pathlib import Path

import pytest

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.core.names import check_segment, check_url, find_clashes, safe_join


@pytest.mark.parametrize(
    "name", ["a", "orders", "date=2024-01-31", "part-00000.parquet", "_staging", "x" * 200, "2024-01-01-05:00"]
)
def test_plain_segment_passes(name):
    assert check_segment(name) == name


@pytest.mark.parametrize("name", [
    "", ".", "..", "a/b", "a\\b", "a.", ".a", "-a", "x" * 201, "con", "CON", "nul.csv", "lpt1", "a\0b", "a\nb", "é", "%2e%2e", "a b", "~",
])  # fmt: skip
def test_segment_that_is_unsafe_somewhere_is_refused(name):
    with pytest.raises(InputError, match="TD1034"):
        check_segment(name)


@pytest.mark.parametrize("relative", [
    "../x", "a/../../x", "/etc/passwd", "C:\\x", "C:x", "\\\\host\\x", "~/x", "a/../b", "", ".", "./a", "a//b", "a\0b", "%2e%2e/x", "a\nb",
    "link/passwd", "link",
])  # fmt: skip
def test_path_that_leads_out_or_is_not_plain_is_refused(tmp_path, relative):
    (tmp_path / "link").symlink_to("/etc")
    with pytest.raises(InputError, match="TD1034"):
        safe_join(tmp_path, relative)


def test_path_within_the_folder_passes(tmp_path):
    (tmp_path / "self").symlink_to(tmp_path)
    assert safe_join(tmp_path, "a/b.csv") == tmp_path.resolve() / "a" / "b.csv"
    assert safe_join(tmp_path, "self/b.csv") == tmp_path.resolve() / "b.csv"
    assert safe_join(tmp_path, "a..b") == tmp_path.resolve() / "a..b"


@pytest.mark.parametrize("url", [
    "./lake", "lake", "/tmp/lake", "file:///tmp/lake", "s3://bucket", "s3://bucket/a/b", "gs://b-1/x", "gcs://bucket/x",
    "abfs://container@account.dfs.core.windows.net/x", "abfss://c1@account/x", "az://container/x", "memory://", "memory://lake",
])  # fmt: skip
def test_storage_root_passes(url):
    assert check_url(url) == url


@pytest.mark.parametrize(("url", "said"), [
    ("", "empty"), ("a\0b", "empty"), ("/", "root of the disk"), ("~", "root of the disk"), ("file:///", "root of the disk"), ("s3://", "bucket"),
    ("s3:///x", "bucket"), ("s3://user:pw@b/k", "password"), ("s3://user@b/k", "password"), ("abfs://c:pw@account/x", "password"),
    ("s3://b/../c", r"\.\."), ("s3://b/%2e%2e/c", r"\.\."), ("gs://b/k?x", "'\\?'"), ("s3://b/k#x", "'#'"),
    ("http://169.254.169.254/", "not supported"), ("ftp://host/x", "not supported"), ("hdfs://x/y", "not supported"), ("S3://b/k", "not supported"),
    ("s3://[bad/x", "not one"),
])  # fmt: skip
def test_storage_root_that_is_wrong_is_refused_without_its_password(url, said):
    with pytest.raises(InputError, match=said) as caught:
        check_url(url)
    assert caught.value.code == "TD1051"
    assert "pw" not in str(caught.value)


def test_home_is_no_storage_root():
    with pytest.raises(InputError, match="home folder"):
        check_url(str(Path.home()))


def test_names_clash_when_they_differ_by_case_or_unicode_form():
    assert find_clashes(["a", "b", "A", "\u00e9", "e\u0301", "stra\u00dfe", "STRASSE"]) == [
        ("a", "A"), ("\u00e9", "e\u0301"), ("stra\u00dfe", "STRASSE")
    ]  # fmt: skip

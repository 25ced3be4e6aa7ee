from __future__ import annotations

import json

import pytest

import tempdata_dagster
from tempdata_dagster.cli.arguments import COMMANDS


def test_help_names_every_command(tempdata):
    for words in ([], ["--help"], ["-h"], ["help"]):
        ended = tempdata(*words)
        assert ended.code == 0
        assert all(f"  {name} " in ended.out for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_exit_codes(tempdata, name):
    ended = tempdata(name, "--help")
    assert ended.code == 0
    assert ended.out.startswith(f"usage: tempdata {name}")
    assert "--json" in ended.out
    assert "exit codes: 0 done" in ended.out


def test_version(tempdata):
    assert tempdata("--version").out == f"tempdata {tempdata_dagster.__version__}\n"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["validatee", "x"], "TD6001 unknown command 'validatee' (did you mean 'validate'?)"),
        (["--json", "plan"], "TD6001 '--json' stands before the command (write tempdata COMMAND, then its options)"),
        (["generate", "x", "--worker", "2"], "TD6001 unknown option '--worker' (did you mean '--workers'?)"),
        (["generate", "x", "--tabels=a"], "TD6001 unknown option '--tabels' (did you mean '--tables'?)"),
        (["plan"], "TD6001 the following arguments are required: SPEC (see 'tempdata plan --help')"),
        (["schema", "extra"], "TD6001 'extra' is one argument too many (usage: tempdata schema [-h] [--json])"),
    ],
)
def test_usage_errors_say_what_was_meant(tempdata, words, line):
    ended = tempdata(*words)
    assert (ended.code, ended.err.splitlines()[-1]) == (2, line)


@pytest.mark.parametrize(
    "words",
    [
        ["--partitions", "yesterday"],
        ["--partitions", ".."],
        ["--partitions", "2025-01-01..2025-01-02..2025-01-03"],
        ["--partitions", "2025-01-03..2025-01-01"],
        ["--partitions", "2024-12-31"],
        ["--partitions", "2025-02-30"],
        ["--partitions", "0001-01-01..2025-01-01"],
        ["--partitions", "2025-01-01..9999-12-31"],
        ["--partitions", "2025-01-01-05:00"],
        ["--partitions", "../../x"],
        ["--partitions", "\x1b[31m"],
        ["--partitions", ""],
        ["--workers", "0"],
        ["--workers", "-1"],
        ["--workers", "257"],
        ["--workers", "two"],
        ["--scale", "nan"],
        ["--scale", "inf"],
        ["--scale", "-inf"],
        ["--scale", "0"],
        ["--scale", "-1"],
        ["--scale", "1e300"],
        ["--seed", "-1"],
        ["--seed", "1.5"],
        ["--seed", str(2**63)],
        ["--tables", "ordrs"],
        ["--tables", ","],
        ["--to", ""],
        ["--to", "/"],
        ["--to", "s3://user:secret@bucket/x"],
        ["--to", "ftp://host/x"],
        ["--to", "s3://bucket/../x"],
    ],
)
def test_bad_options_of_generate_are_refused_before_anything_is_made(tempdata, shop, words):
    ended = tempdata("generate", str(shop), *words)
    assert ended.code == 2
    assert ended.err.startswith("TD")
    assert ended.err.count("\n") == 1
    assert "secret" not in ended.err
    assert [entry.name for entry in shop.parent.iterdir()] == ["shop.yaml"]


def test_usage_errors_are_json_too(tempdata):
    ended = tempdata("plann", "--json")
    assert ended.document["exit_code"] == 2
    assert ended.document["errors"][0]["code"] == "TD6001"
    assert json.loads(ended.out) == ended.document

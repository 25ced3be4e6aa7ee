from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tempdata_dagster import read_table
from tempdata_dagster.core.errors import InputError
from tempdata_dagster.publish.tables.travel import parse_version

NOW = datetime(2026, 2, 1, 8, 30, tzinfo=UTC)
END_OF_JANUARY = datetime(2026, 1, 31, 23, 59, 59, 999_999, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        (7, 7),
        ("7", 7),
        ("2744088371603044741", 2744088371603044741),
        ("yesterday", END_OF_JANUARY),
        ("2026-01-31", END_OF_JANUARY),
        (date(2026, 1, 31), END_OF_JANUARY),
        (datetime(2026, 1, 31, 12), datetime(2026, 1, 31, 12, tzinfo=UTC)),  # noqa: DTZ001 - taken for UTC
        ("2026-01-31T12:00", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("2026-01-31T12:00:00+02:00", datetime(2026, 1, 31, 10, tzinfo=UTC)),
    ],
)
def test_versions_are_told_by_number_moment_or_day(told, meant):
    assert parse_version(told, NOW) == meant


@pytest.mark.parametrize("told", ["", "tomorrow", "2026-13-01", "-1", "v3", "9" * 25])
def test_what_is_no_version_is_refused(told):
    with pytest.raises(InputError, match="TD3084"):
        parse_version(told, NOW)


def test_yesterdays_version_is_read(delta):
    delta.publish([delta.rows(5)])
    delta.publish([delta.rows(9)])
    # As if the first commit were a day old: the log itself says when each was made.
    commit = Path(delta.target.store.uri("retail/orders/_delta_log/00000000000000000000.json"))
    actions = [json.loads(line) for line in commit.read_text().splitlines()]
    for action in actions:
        if "commitInfo" in action:
            action["commitInfo"]["timestamp"] -= int(timedelta(days=1).total_seconds() * 1000)
    commit.write_text("\n".join(map(json.dumps, actions)))
    assert read_table(delta.target, "retail", "orders", version="yesterday").num_rows == 5
    assert read_table(delta.target, "retail", "orders").num_rows == 9

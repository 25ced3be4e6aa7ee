from __future__ import annotations

import pytest

from tempdata_dagster.spec.cron import check_cron


@pytest.mark.parametrize("text", [
    "0 2 * * *", "*/10 * * * *", "0,30 8-18/2 * * mon-fri", "0 0 29 2 *", "0 0 1 JAN,dec *", "5 4 * * sun", "0 0 * * 7",
    "0 0 31 2 mon", "0 0 30-31 2,4 *",
])  # fmt: skip
def test_schedule_that_fires_passes(text):
    assert check_cron(text) == text


@pytest.mark.parametrize(("text", "reason"), [
    ("61 2 * * *", "minute '61' is not between 0 and 59"),
    ("* * * * * *", "5 fields"),
    ("", "5 fields"),
    ("@daily", "5 fields"),
    ("0 2 31 2 *", "never fires"),
    ("0 2 31 4,6,9,11 *", "never fires"),
    ("0 24 * * *", "hour '24'"),
    ("0 0 0 * *", "day of month '0'"),
    ("0 0 * 13 *", "month '13'"),
    ("0 0 * * 8", "day of week '8'"),
    ("0 0 * * moon", "day of week 'moon'"),
    ("5-1 * * * *", "ends before it begins"),
    ("*/0 * * * *", "step"),
    ("5/10 * * * *", "step"),
    ("1, * * * *", "minute ''"),
    ("-1 * * * *", "minute '-1'"),
    ("0 0 L * *", "day of month 'L'"),
    ("0 0 * * 5#3", "day of week '5#3'"),
    ("\u0661 * * * *", "minute"),
])  # fmt: skip
def test_schedule_that_is_wrong_or_never_fires_is_refused(text, reason):
    with pytest.raises(ValueError, match=reason.replace("'", ".").replace("#", ".")):
        check_cron(text)

from __future__ import annotations

import errno

import pytest

from tempdata_dagster.cli.entry import report_foreign
from tempdata_dagster.cli.report import escape, format_problem
from tempdata_dagster.core.errors import Problem, Where


@pytest.mark.parametrize(
    ("error", "code", "exit_code"),
    [
        (MemoryError(), "TD6012", 3),
        (OSError(errno.ENOSPC, "No space left on device", "lake/x"), "TD6013", 3),
        (PermissionError(errno.EACCES, "Permission denied", "shop.yaml"), "TD6013", 3),
    ],
)
def test_errors_of_the_outside_world(error, code, exit_code):
    report = report_foreign(error)
    assert (report.problems[0].code, report.exit_code) == (code, exit_code)


def test_a_fault_of_ours_names_its_place_and_shows_its_traceback_on_request(monkeypatch, capsys):
    def fail() -> None:
        raise KeyError("x")

    for shown in (False, True):
        if shown:
            monkeypatch.setenv("TEMPDATA_TRACEBACK", "1")
        try:
            fail()
        except KeyError as error:
            report = report_foreign(error)
        assert report.exit_code == 70
        assert "internal error: KeyError: 'x' at test_entry.py:" in report.problems[0].message
        assert ("Traceback" in capsys.readouterr().err) is shown


def test_a_problem_is_one_line_with_a_hint_always():
    problem = Problem("TD1234", "first\nsecond \x1b[31m\u2028", where=Where("a\tb.yaml", 3, 4))
    line = format_problem(problem)
    assert line == r"a\tb.yaml:3:4: TD1234 first\nsecond \x1b[31m\u2028 (docs/errors.md explains TD1234)"
    assert escape("Müller 東京") == "Müller 東京"

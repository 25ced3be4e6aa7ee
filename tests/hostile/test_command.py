"""`tempdata validate` on every bad file, in a process of its own with bounded memory: exit code 2 and one line per problem."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
LINE = re.compile(
    r"(?P<file>.+?)(?::(?P<line>\d+):(?P<column>\d+))?: (?P<code>TD\d{4}) (?P<message>.+) \((?P<hint>.+)\)"
)
SECONDS, MEGABYTES = 2.0, 512


class Outcome(NamedTuple):
    exit_code: int
    stdout: str
    stderr: str
    seconds: float
    megabytes: float


# A process's greatest memory begins with that of the process that it was forked from: pytest's, were this one not between.
LAUNCH = """
import os, resource, subprocess, sys
# Address space, not resident memory, is what Linux can bound; libraries reserve far more than they use.
resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
process = subprocess.Popen(sys.argv[2:])
_, status, used = os.wait4(process.pid, 0)
with open(sys.argv[1], "w") as report:
    print(os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, file=report)
"""


def validate(*files: Path) -> Outcome:
    """Runs the command; `seconds` is processor time, which other work on the machine does not lengthen."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(Path.home()), "COLUMNS": "200"}
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report"
        command = [sys.executable, "-m", "tempdata_dagster.cli", "validate", *map(str, files)]
        launch = [sys.executable, "-S", "-c", LAUNCH, str(report), *command]
        done = subprocess.run(launch, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
        exit_code, seconds, megabytes = report.read_text().split()
    return Outcome(int(exit_code), done.stdout, done.stderr, float(seconds), float(megabytes))


@pytest.mark.slow
def test_bad_files_end_the_command_with_code_2(some_cases, file_of):
    cases = {file_of(case): case for case in some_cases}
    outcome = validate(*cases)
    assert outcome.exit_code == 2, outcome.stderr
    assert "Traceback" not in outcome.stderr + outcome.stdout
    matches = [LINE.fullmatch(line) for line in outcome.stderr.splitlines()]
    assert all(matches), outcome.stderr
    assert {Path(one["file"]) for one in matches if one} == set(cases)
    for file, case in cases.items():
        here = [one for one in matches if one and Path(one["file"]) == file and one["code"].startswith(case.code)]
        told = [int(one["line"] or 0) == case.line and case.words in one["message"] for one in here]
        assert any(told), f"{case.name}: {outcome.stderr}"
    assert outcome.seconds < SECONDS
    assert outcome.megabytes < MEGABYTES


def test_a_missing_file_and_a_folder_are_explained(tmp_path):
    for path, words in ((tmp_path / "none.yaml", "there is no such file"), (tmp_path, "has no dataset.yaml")):
        outcome = validate(path)
        assert outcome.exit_code == 2
        assert words in outcome.stderr
        assert "Traceback" not in outcome.stderr


def test_the_sum_of_all_cases_is_what_the_figure_says(figure, file_of):
    cases = sorted((ROOT / "tests" / "hostile" / "cases").glob("*.yaml"))
    outcome = validate(*cases)
    assert outcome.exit_code == 2
    refused = {match["file"] for line in outcome.stderr.splitlines() if (match := LINE.fullmatch(line))}
    assert len(refused) == len(cases), sorted(set(map(str, cases)) - refused)
    assert len(cases) >= 60
    figure(f"{len(cases)} bad dataset files refused in {outcome.seconds:.1f} s and {outcome.megabytes:.0f} MB together")

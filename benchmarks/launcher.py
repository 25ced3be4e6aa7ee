"""Runs a program and writes what it took to a file: `launcher.py FILE PROGRAM ...`.

A process's peak memory begins at that of the process that started it, so the one that starts those that are measured is small.
"""

from __future__ import annotations

import json
import os
import sys


def main(path: str, *command: str) -> int:
    """Start the program, wait for it, and write its usage as JSON; returns its exit code."""
    process = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(process, 0)
    with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123 - pathlib would make this process larger
        json.dump({"cpu": usage.ru_utime + usage.ru_stime, "peak": usage.ru_maxrss}, file)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

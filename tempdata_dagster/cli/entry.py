"""`tempdata`: runs a command, and ends every failure with one line and an exit code."""

from __future__ import annotations

import errno
import io
import os
import sys
import traceback
from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool

from tempdata_dagster.cli.arguments import parse_command
from tempdata_dagster.cli.report import Report, escape, report_error, show
from tempdata_dagster.core.errors import Problem, TempDataError

INTERRUPTED, BROKEN_PIPE, BUG = 130, 141, 70


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs `tempdata` and returns its exit code.

    Args:
        arguments: The words after `tempdata`; those of the process by default.

    Returns:
        0 done, 1 the data or a check failed, 2 the input is wrong, 3 the outside world failed; 130 interrupted, 141 nobody
        reads the output any more, 70 a fault of ours.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    # One allocator for numpy and Arrow, which reads this when it is imported: two keep what the other could use.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal or a pipe of ASCII must not turn a name with an accent into a traceback.
            stream.reconfigure(errors="backslashreplace")
    try:
        report = run(words)
        # By the words: where the options could not be parsed, programs still get their JSON.
        show(report, as_json="--json" in words)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return INTERRUPTED
    except BrokenPipeError:
        _drop_output()
        return BROKEN_PIPE
    except OSError as error:
        _drop_output()
        return _say(f"TD6010 the output cannot be written: {error.strerror} (is the disk full?)", 3)
    return report.exit_code


def run(words: Sequence[str]) -> Report:
    """Runs a command; every failure but Ctrl-C and a closed pipe becomes a report."""
    try:
        parsed = parse_command(words)
        if parsed is None:
            return Report(bare=True)
        module, options = parsed
        report: Report = module.run(options)
    except TempDataError as error:
        return report_error(error)
    except BrokenPipeError:
        # Nobody is left to read a report.
        raise
    except Exception as error:  # noqa: BLE001 - the last edge: whatever is left ends as one line
        return report_foreign(error)
    return report


def report_foreign(error: Exception) -> Report:
    """The report of an error that is none of ours: the outside world's (exit code 3), or a fault in this package (70)."""
    # The pool does not tell how its worker died; the kernel kills without a word when memory runs out.
    if isinstance(error, BrokenProcessPool):
        hint = "out of memory? try fewer --workers"
        return Report(problems=(Problem("TD6011", "a worker process was killed", hint=hint),), exit_code=3)
    if isinstance(error, MemoryError):
        problem = Problem("TD6012", "there is not enough memory", hint="try fewer --workers or a smaller --scale")
        return Report(problems=(problem,), exit_code=3)
    if isinstance(error, OSError):
        said = f"{error.strerror or error}" + (f": {error.filename}" if error.filename else "")
        hint = "free some space" if error.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT) else "check the path"
        return Report(problems=(Problem("TD6013", said, hint=hint),), exit_code=3)
    if os.environ.get("TEMPDATA_TRACEBACK"):
        traceback.print_exception(error)
    frame = traceback.extract_tb(error.__traceback__)[-1]
    said = f"internal error: {type(error).__name__}: {error} at {os.path.basename(frame.filename)}:{frame.lineno}"  # noqa: PTH119 - a name, no path
    hint = "please report it, with the traceback that TEMPDATA_TRACEBACK=1 shows"
    return Report(problems=(Problem("TD6099", said, hint=hint),), exit_code=BUG)


def _drop_output() -> None:
    """Sends what is still buffered nowhere: at its exit Python would complain about it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            # The number stays and leads elsewhere, so that Python's own flush at its exit succeeds.
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _say(line: str, exit_code: int) -> int:
    sys.stderr.write(escape(line) + "\n")
    return exit_code

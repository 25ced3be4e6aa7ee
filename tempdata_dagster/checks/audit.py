"""The audit of staged rows: every native check on every row, in as few scans as the checks allow."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa

from tempdata_dagster.checks.compile import compile_checks
from tempdata_dagster.checks.family import CHECKS, Finding, holds_pii
from tempdata_dagster.checks.model import AuditContext, CheckResult, CheckSpec, Outcome
from tempdata_dagster.checks.session import Session, fit_threads, open_session
from tempdata_dagster.core.errors import DataError, OutsideError, TerminalError
from tempdata_dagster.spec.contract import TableContract

if TYPE_CHECKING:
    import duckdb
    import pyarrow.dataset as ds

# Each step reads the rows again for every slice: 64 of them are worth it only where nothing else helps.
SLICES = (1, 4, 16, 64)


def audit(
    contract: TableContract,
    staged: ds.Dataset,
    context: AuditContext,
    specs: Sequence[CheckSpec] | None = None,
) -> list[CheckResult]:
    """Runs a table's checks on staged rows.

    Args:
        contract: What the table promises.
        staged: The rows, as files or in memory.
        context: The partition, what is published around it, and limits.
        specs: The checks to run; by default all that `compile_checks` gives.

    Returns:
        One result for each check, in the order of `specs`. A check that cannot be run is `errored` and keeps no other
        from running.

    Raises:
        DataError: TD5005 when the staged rows cannot be read at all.
        OutsideError: Storage failed while parents were looked up; a transient one is worth a retry. TD5012 when the
            temporary files of the checks do not fit on their disk.
    """
    wanted = tuple(compile_checks(contract) if specs is None else specs)
    native = [spec for spec in wanted if spec.engine == "native"]
    others = [spec for spec in wanted if spec.engine == "great_expectations"]
    try:
        results, rows = _run_native(contract, native, staged, context)
    except pa.ArrowException as error:
        raise DataError("TD5005", f"the staged rows of '{contract.table}' cannot be read", str(error)[:300]) from error
    if others:
        from tempdata_dagster.checks.gx import run_checks

        results |= {result.name: result for result in run_checks(contract, others, staged, rows, context)}
    return [results[spec.name] for spec in wanted]


def _run_native(
    contract: TableContract, specs: list[CheckSpec], staged: ds.Dataset, context: AuditContext
) -> tuple[dict[str, CheckResult], int]:
    """The results by name, and the number of staged rows. Checks that run out of memory are run again with less need of it."""
    results: dict[str, CheckResult] = {}
    short = specs
    for limits, slices in _list_attempts(context):
        # A session for each attempt: settings are locked once it is open.
        with open_session(staged, limits, slices) as session:
            found, short = _run_in_session(contract, short, session)
        results |= found
        if not short:
            break
    said = f"it needs more memory than {context.memory_mb} MB"
    for spec in short:
        error = DataError("TD5011", said, "raise the limit 'audit_memory_mb'")
        results[spec.name] = _result(spec, _errored(contract, spec, error, session), session)
    return results, session.rows


def _list_attempts(context: AuditContext) -> Iterator[tuple[AuditContext, int]]:
    """Limits and slices, each more frugal than the one before: what a thread holds cannot be spilled, nor what a key needs."""
    if fit_threads(context) > 1:
        yield context, 1
    for slices in SLICES:
        yield replace(context, threads=1), slices


def _run_in_session(
    contract: TableContract, specs: list[CheckSpec], session: Session
) -> tuple[dict[str, CheckResult], list[CheckSpec]]:
    """The results by name, and the checks that there was not enough memory for."""
    import duckdb

    queries: dict[str, dict[str, str]] = {}
    errors: dict[str, Exception] = {}
    for spec in specs:
        try:
            queries[spec.name] = _measures_of(contract, spec, session)
        except Exception as error:  # noqa: BLE001 - whatever breaks one check is that check's result
            errors[spec.name] = error
    counts = _measure_together(queries, session)
    results: dict[str, CheckResult] = {}
    short: list[CheckSpec] = []
    for spec in specs:
        try:
            if spec.name in errors:
                raise errors[spec.name]  # noqa: TRY301 - reported in the same way as what `judge` raises
            measured = _measure(queries[spec.name], session) if counts is None else counts[spec.name]
            finding = CHECKS.get(spec.family).judge(contract, spec, measured, session)
            results[spec.name] = _result(spec, finding, session)
        # `judge` looks parents up: what storage does there is no verdict on the rows, and may be worth a retry.
        except OutsideError:
            raise
        except (duckdb.OutOfMemoryException, duckdb.IOException) as error:
            _refuse_full_disk(error)
            if isinstance(error, duckdb.OutOfMemoryException):
                short.append(spec)
            else:
                results[spec.name] = _result(spec, _errored(contract, spec, error, session), session)
        except Exception as error:  # noqa: BLE001 - as above
            results[spec.name] = _result(spec, _errored(contract, spec, error, session), session)
    return results, short


def _refuse_full_disk(error: duckdb.Error) -> None:
    """Tells memory that could not be spilled from memory that could not be had.

    Raises:
        TerminalError: TD5012.
    """
    # DuckDB raises the same types for both; only the text tells them apart.
    if "Could not write file" in str(error) or "max_temp_directory_size" in str(error):
        said = f"the temporary files of an audit do not fit into {tempfile.gettempdir()}"
        raise TerminalError("TD5012", said, "free some space, or set TMPDIR to a larger disk") from error


def _measures_of(contract: TableContract, spec: CheckSpec, session: Session) -> dict[str, str]:
    missing = [name for name in spec.columns if name not in session.staged.schema.names]
    if missing:
        raise DataError("TD5006", f"the staged rows have no column {', '.join(missing)}", "see the check 'schema'")
    return CHECKS.get(spec.family).measures(contract, spec)


def _measure_together(queries: dict[str, dict[str, str]], session: Session) -> dict[str, dict[str, int]] | None:
    """The measures of all checks from one scan; None when that fails, so that each check is measured alone."""
    labelled = {(name, label): sql for name, measures in queries.items() for label, sql in measures.items()}
    import duckdb

    try:
        values = _aggregate(list(labelled.values()), session)
    except duckdb.Error:
        return None
    counts: dict[str, dict[str, int]] = {name: {} for name in queries}
    for (name, label), value in zip(labelled, values, strict=True):
        counts[name][label] = value
    return counts


def _measure(measures: dict[str, str], session: Session) -> dict[str, int]:
    return dict(zip(measures, _aggregate(list(measures.values()), session), strict=True))


def _aggregate(expressions: list[str], session: Session) -> list[int]:
    return [int(value) for value in session.row(f"SELECT {', '.join(expressions)} FROM staged")] if expressions else []


def _result(spec: CheckSpec, finding: Finding, session: Session) -> CheckResult:
    outcome = finding.verdict
    return CheckResult(
        name=spec.name,
        outcome=outcome,
        severity="warning" if outcome is Outcome.UNPUBLISHED_PARENT else spec.severity,
        blocking=spec.blocking,
        engine=spec.engine,
        rows_seen=0 if outcome is Outcome.ERRORED else session.rows,
        rows_total=session.rows,
        failed_rows=finding.failed_rows,
        message=finding.message,
        metadata=finding.metadata,
    )


def _errored(contract: TableContract, spec: CheckSpec, error: Exception, session: Session) -> Finding:
    reason = describe_error(error, quotes_values=not session.context.show_values or holds_pii(contract, spec.columns))
    return Finding(None, f"check '{spec.name}' could not be run: {reason}", {"error": reason}, Outcome.ERRORED)


def describe_error(error: Exception, *, quotes_values: bool) -> str:
    """An error in words that hold no value of any row.

    Args:
        error: What was raised.
        quotes_values: Its text may hold values that must not be shown: only its type is given, unless it is known to
            speak of names and settings alone.
    """
    import duckdb

    # What fails before a row is read - parsing, binding - can quote the dataset file at most.
    before_data = (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException, duckdb.PermissionException)
    if isinstance(error, DataError):
        return f"{error.message} ({error.hint})"
    if quotes_values and not isinstance(error, before_data):
        return f"{type(error).__name__} (its text may hold values and is not shown)"
    # After an empty line DuckDB repeats the query.
    return f"{type(error).__name__}: {error}".strip().split("\n\n")[0][:500]

"""From what Great Expectations says of each expectation to the results of checks, without the values it quotes."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tempdata_dagster.checks.compile import SUITE
from tempdata_dagster.checks.expectations import PlannedExpectation, to_json
from tempdata_dagster.checks.family import count_of, holds_pii
from tempdata_dagster.checks.model import CheckResult, CheckSpec, Outcome
from tempdata_dagster.spec.contract import TableContract

_COUNTS = ("element_count", "unexpected_count", "unexpected_percent", "missing_count")
# What these observe is a figure about the column, not a value in one of its rows.
_FIGURES = re.compile(r".*_(count|mean|stdev|sum|proportion|p_value|row_count|unique_values|phi_value)_.*")


@dataclass(frozen=True)
class Verdict:
    """What became of one expectation.

    Attributes:
        rows_seen: How many rows it was run on.
        figures: Counts and, where it gives no row away, what was observed; plain JSON.
    """

    planned: PlannedExpectation
    outcome: Outcome
    rows_seen: int
    message: str
    figures: dict[str, Any] = field(default_factory=dict)


def errored(planned: PlannedExpectation, reason: str) -> Verdict:
    """The verdict on an expectation that could not be run."""
    return Verdict(planned, Outcome.ERRORED, 0, f"{planned.type} could not be run: {reason}", {"error": reason})


def read_verdict(
    planned: PlannedExpectation, result: Any, contract: TableContract, rows: int, *, show_values: bool
) -> Verdict:
    """The verdict in a GX `ExpectationValidationResult`.

    GX reports an exception as an expectation that is not met; here it is `errored`.
    """
    show = show_values and not holds_pii(contract, planned.columns)
    raised = _exception_message(result.exception_info or {})
    if raised is not None:
        return errored(
            planned, raised[:500] if show else "Great Expectations raised an error (its text may hold values)"
        )
    found = dict(result.result or {})
    figures = {word: to_json(_unwrap(found[word])) for word in _COUNTS if found.get(word) is not None}
    observed = _unwrap(found.get("observed_value"))
    is_pii = bool(planned.columns) and holds_pii(contract, planned.columns)
    if show or (_FIGURES.match(planned.type) and not is_pii):
        figures |= {"observed_value": to_json(observed)} if observed is not None else {}
    if show and found.get("partial_unexpected_list"):
        figures["examples"] = [str(value) for value in found["partial_unexpected_list"]]
    # A column without a value has no least one: GX calls that not met, and a promise of ours is kept.
    vacuous = planned.index is None and "unexpected_count" not in found and _is_nothing(observed)
    if result.success or (vacuous and not planned.type.startswith("expect_table")):
        return Verdict(planned, Outcome.PASSED, rows, "met", figures)
    return Verdict(planned, Outcome.FAILED, rows, _describe_failure(planned, figures), figures)


def _exception_message(info: Mapping[str, Any]) -> str | None:
    """What was raised, if anything; GX keys it by metric or, for some expectations, not at all."""
    entries = [info, *(entry for entry in info.values() if isinstance(entry, Mapping))]
    raised = [str(entry.get("exception_message")) for entry in entries if entry.get("raised_exception")]
    return raised[0] if raised else None


def _unwrap(value: Any) -> Any:
    """A Python number of a NumPy one."""
    return value.item() if hasattr(value, "item") and getattr(value, "ndim", 1) == 0 else value


def _is_nothing(value: Any) -> bool:
    """Whether it is what Min and Max observe when there is no value at all: None, NaN, NaT."""
    # By its name, so that pandas need not be imported here.
    return value is None or (isinstance(value, float) and math.isnan(value)) or str(value) == "NaT"


def _describe_failure(planned: PlannedExpectation, figures: dict[str, Any]) -> str:
    column = f" of {', '.join(planned.columns)}" if planned.columns else ""
    if figures.get("unexpected_count"):
        return f"{planned.type}{column}: {count_of(int(figures['unexpected_count']), 'row')} unexpected"
    seen = f", observed {figures['observed_value']}" if "observed_value" in figures else ""
    return f"{planned.type}{column}: not met{seen}"


def to_results(specs: Sequence[CheckSpec], verdicts: Sequence[Verdict], rows_total: int) -> list[CheckResult]:
    """One result for each check: the compiled suite's verdicts together, each other expectation's alone."""
    return [_to_result(spec, [v for v in verdicts if v.planned.check == spec.name], rows_total) for spec in specs]


def _to_result(spec: CheckSpec, verdicts: list[Verdict], rows_total: int) -> CheckResult:
    outcomes = {verdict.outcome for verdict in verdicts}
    # Failed before errored: a fault that was found is more than a question that stayed open.
    outcome = next((one for one in (Outcome.FAILED, Outcome.ERRORED) if one in outcomes), Outcome.PASSED)
    bad = [verdict for verdict in verdicts if verdict.outcome is not Outcome.PASSED]
    seen = max((verdict.rows_seen for verdict in verdicts), default=0)
    counts = [verdict.figures.get("unexpected_count") for verdict in bad]
    known = [int(count) for count in counts if count is not None]
    message = "; ".join(verdict.message for verdict in bad[:5]) or f"{count_of(len(verdicts), 'expectation')} met"
    if seen < rows_total and outcome is not Outcome.ERRORED:
        message += f" (seen {seen:,} of {rows_total:,} rows)"
    return CheckResult(
        name=spec.name,
        outcome=outcome,
        severity=spec.severity,
        blocking=spec.blocking,
        engine=spec.engine,
        rows_seen=seen,
        rows_total=rows_total,
        failed_rows=(max(known) if known else None) if bad else 0,
        message=message,
        metadata=_summarize(spec, verdicts, bad),
    )


def _summarize(spec: CheckSpec, verdicts: list[Verdict], bad: list[Verdict]) -> dict[str, Any]:
    if spec.family != SUITE:
        return {"type": verdicts[0].planned.type, "kwargs": verdicts[0].planned.kwargs} | verdicts[0].figures
    run = Counter(verdict.planned.type for verdict in verdicts)
    failed = Counter(verdict.planned.type for verdict in bad)
    return {
        "expectations": {kind: {"run": run[kind], "not_met": failed[kind]} for kind in sorted(run)},
        "not_met": [
            {"type": verdict.planned.type, "columns": list(verdict.planned.columns), "outcome": str(verdict.outcome)}
            | verdict.figures
            for verdict in bad[:50]
        ],
    }

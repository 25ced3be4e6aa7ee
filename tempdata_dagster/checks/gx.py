"""Great Expectations: the suite of a table, and its run on staged rows. The only module that imports the library.

The import takes 5 s and 300 MB, so it happens inside the functions, in the step that runs them.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from tempdata_dagster.checks.compile import EXPECTATION, SUITE, compile_checks
from tempdata_dagster.checks.expectations import WHOLE_TABLE, PlannedExpectation, plan_expectations
from tempdata_dagster.checks.model import AuditContext, CheckResult, CheckSpec
from tempdata_dagster.checks.sample import sample_rows, to_frame
from tempdata_dagster.checks.verdict import Verdict, errored, read_verdict, to_results
from tempdata_dagster.core.errors import Problem, SpecError
from tempdata_dagster.core.partition import folder_names
from tempdata_dagster.core.registry import closest
from tempdata_dagster.spec.contract import TableContract

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow.dataset as ds
    from great_expectations.core import ExpectationSuite
    from great_expectations.expectations.expectation import Expectation

# Above it, expectations that need every row of a column are not run: the column would have to fit in memory.
WHOLE_ROWS = 20_000_000


def build_suite(contract: TableContract) -> ExpectationSuite:
    """The table's suite: the expectations compiled from its contract, then those that its dataset file adds.

    Raises:
        SpecError: The dataset file adds expectations that do not exist or whose arguments are wrong.
    """
    problems = validate_expectations(contract)
    if problems:
        raise SpecError.of(problems)
    with _quiet():
        from great_expectations.core import ExpectationSuite

        made = [_make(planned, {"check": planned.check}) for planned in plan_expectations(contract)]
        return ExpectationSuite(name=f"{contract.dataset}.{contract.table}", expectations=made)


def suite_json(contract: TableContract) -> dict[str, Any]:
    """The suite as the JSON that any Great Expectations 1.x context loads.

    Raises:
        SpecError: As `build_suite`.
    """
    with _quiet():
        exported: dict[str, Any] = build_suite(contract).to_json_dict()
    return exported


def validate_expectations(contract: TableContract) -> list[Problem]:
    """What is wrong with the expectations that the dataset file adds: TD5002 unknown, TD5003 arguments, TD5004 column."""
    own = (planned for planned in plan_expectations(contract) if planned.index is not None)
    return [problem for planned in own for problem in _problems_of(planned, contract)]


def run_suite(
    contract: TableContract,
    frame: pd.DataFrame,
    specs: Sequence[CheckSpec] | None = None,
    *,
    rows_total: int | None = None,
    show_values: bool = False,
) -> list[CheckResult]:
    """Runs the table's suite on a frame: one validation, whatever the number of expectations.

    Args:
        contract: What the table promises.
        frame: The rows, all or a sample.
        specs: The checks to report on; by default all of Great Expectations'.
        rows_total: How many rows the frame stands for, when it is a sample.
        show_values: Results may quote values of columns that are not pii.
    """
    chosen = _chosen(contract, specs)
    verdicts = _validate(contract, _planned_for(contract, chosen), frame, show_values=show_values)
    return to_results(chosen, verdicts, len(frame) if rows_total is None else rows_total)


def run_checks(
    contract: TableContract, specs: Sequence[CheckSpec], staged: ds.Dataset, rows: int, context: AuditContext
) -> list[CheckResult]:
    """Runs the suite on staged rows: on all of them up to `context.gx_rows`, on a sample of that size beyond it.

    Expectations on totals and on numbers of distinct values cannot be judged from a sample: they get all rows of the
    columns that they name. Whatever is raised gives errored results.
    """
    planned = _planned_for(contract, specs)
    whole = [one for one in planned if rows > context.gx_rows and WHOLE_TABLE.match(one.type)]
    rest = [one for one in planned if one not in whole]
    levels = folder_names(contract.period)
    promised = {column.name for column in contract.columns}
    # Rows that are read by way of Hive folders have the levels as columns, which nobody promised.
    names = [name for name in staged.schema.names if name in promised or name not in levels]
    verdicts: list[Verdict] = []
    for group, columns, size in ((rest, names, context.gx_rows), (whole, _columns_in(whole, names), rows)):
        if group and columns and size > WHOLE_ROWS:
            verdicts += [errored(one, f"it needs all rows, which are over {WHOLE_ROWS:,}") for one in group]
        elif group:
            frame = _read_frame(staged, columns, rows, size)
            unread = "the rows could not be read as pandas"
            verdicts += (
                [errored(one, unread) for one in group]
                if frame is None
                else _validate(contract, group, frame, show_values=context.show_values)
            )
    return to_results(specs, verdicts, rows)


def _read_frame(staged: ds.Dataset, columns: list[str], rows: int, size: int) -> pd.DataFrame | None:
    try:
        return to_frame(sample_rows(staged, columns, rows, size))
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return None


def _chosen(contract: TableContract, specs: Sequence[CheckSpec] | None) -> list[CheckSpec]:
    specs = compile_checks(contract) if specs is None else specs
    return [spec for spec in specs if spec.family in (SUITE, EXPECTATION)]


def _planned_for(contract: TableContract, specs: Sequence[CheckSpec]) -> list[PlannedExpectation]:
    names = {spec.name for spec in specs}
    return [planned for planned in plan_expectations(contract) if planned.check in names]


def _columns_in(planned: list[PlannedExpectation], names: list[str]) -> list[str]:
    wanted = {column for one in planned for column in one.columns}
    return [name for name in names if name in wanted]


def _validate(
    contract: TableContract, planned: list[PlannedExpectation], frame: pd.DataFrame, *, show_values: bool
) -> list[Verdict]:
    try:
        problems = [_problems_of(one, contract) for one in planned]
    except ImportError as error:
        return [errored(one, f"Great Expectations cannot be imported: {error}"[:300]) for one in planned]
    good = [one for one, found in zip(planned, problems, strict=True) if not found]
    bad = [(one, found) for one, found in zip(planned, problems, strict=True) if found]
    verdicts = [errored(one, "; ".join(map(str, found))) for one, found in bad]
    try:
        return verdicts + _verdicts(contract, good, frame, show_values=show_values)
    except Exception:  # noqa: BLE001 - found and reported by the runs below
        groups = [[one for one in good if one.index is None], *([one] for one in good if one.index is not None)]
    # Some expectations raise out of the whole run instead of reporting it: keep them from taking the others with them.
    for group in groups:
        try:
            verdicts += _verdicts(contract, group, frame, show_values=show_values)
        except Exception as error:  # noqa: BLE001 - whatever GX raises is the result of its checks
            verdicts += [errored(one, f"Great Expectations raised {type(error).__name__}") for one in group]
    return verdicts


def _verdicts(
    contract: TableContract, planned: list[PlannedExpectation], frame: pd.DataFrame, *, show_values: bool
) -> list[Verdict]:
    results = _run(f"{contract.dataset}.{contract.table}", planned, frame, 5 if show_values else 0)
    # GX returns the results in an order of its own: each is found again by the number in its meta.
    numbered = [(planned[result.expectation_config.meta["number"]], result) for result in results]
    return [read_verdict(one, result, contract, len(frame), show_values=show_values) for one, result in numbered]


def _run(name: str, planned: list[PlannedExpectation], frame: pd.DataFrame, examples: int) -> list[Any]:
    if not planned:
        return []
    with _quiet():
        import great_expectations as gx
        from great_expectations.core import ExpectationSuite

        # In memory: a file context would write a project folder wherever the process happens to run.
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]  # a dict is what its YAML holds
        asset = context.data_sources.add_pandas("staged").add_dataframe_asset("staged")
        made = [_make(one, {"check": one.check, "number": number}) for number, one in enumerate(planned)]
        suite = context.suites.add(ExpectationSuite(name=name, expectations=made))
        data = asset.add_batch_definition_whole_dataframe("staged")
        validation = context.validation_definitions.add(gx.ValidationDefinition(name=name, data=data, suite=suite))
        outcome = validation.run(
            batch_parameters={"dataframe": frame},
            result_format={"result_format": "BASIC", "partial_unexpected_count": examples},
        )
        return list(outcome.results)


def _make(planned: PlannedExpectation, meta: dict[str, Any]) -> Expectation:
    from great_expectations.expectations.metadata_types import FailureSeverity
    from great_expectations.expectations.registry import get_expectation_impl

    return get_expectation_impl(planned.type)(**planned.kwargs, meta=meta, severity=FailureSeverity(planned.severity))


def _problems_of(planned: PlannedExpectation, contract: TableContract) -> list[Problem]:
    """Compiled expectations have none: their arguments are ours."""
    if planned.index is None:
        return []
    with _quiet():
        from great_expectations.exceptions.exceptions import ExpectationNotFoundError
        from great_expectations.expectations.registry import list_registered_expectation_implementations

        path = ("tables", contract.table, "expectations", planned.index)
        try:
            _make(planned, {})
        except ExpectationNotFoundError:
            hint = closest(planned.type, list_registered_expectation_implementations())
            return [Problem("TD5002", f"unknown expectation '{planned.type}'", (*path, "type"), hint, contract.where)]
        except (TypeError, ValueError) as error:
            message = f"wrong arguments for {planned.type}: {_first_line(error)}"
            return [Problem("TD5003", message, (*path, "kwargs"), "see the expectation's page in GX", contract.where)]
    names = [column.name for column in contract.columns]
    return [
        Problem("TD5004", f"no column '{name}'", (*path, "kwargs"), closest(name, names), contract.where)
        for name in planned.columns
        if name not in names
    ]


def _first_line(error: Exception) -> str:
    """The gist of a pydantic error, whose text spreads over lines: `column: field required`."""
    lines = [line.strip() for line in str(error).splitlines()]
    return ": ".join(lines[1:3] if len(lines) > 2 else lines)[:300]


@contextmanager
def _quiet() -> Iterator[None]:
    """Silences the library: deprecations of its own inside, and log messages, which quote the values that it choked on."""
    log = logging.getLogger("great_expectations")
    level = log.level
    log.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)

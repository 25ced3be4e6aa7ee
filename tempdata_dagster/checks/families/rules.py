"""The SQL conditions that the dataset file gives a table."""

from __future__ import annotations

from tempdata_dagster.checks.family import CHECKS, Counts, Family, Finding, count_of
from tempdata_dagster.checks.model import CheckSpec
from tempdata_dagster.checks.session import Session
from tempdata_dagster.spec.contract import TableContract


@CHECKS.register("rules")
class Rules(Family):
    """Every row meets the condition; a condition that is null is met, as in an SQL CHECK constraint."""

    order = 8

    @classmethod
    def specs(cls, contract: TableContract) -> tuple[CheckSpec, ...]:
        """One check for each rule, named after the rule or by its number; a warning does not block."""
        return tuple(
            CheckSpec(
                f"rule_{rule.name or number}",
                rule.sql,
                family="rules",
                blocking=rule.severity == "error",
                severity=rule.severity,
                index=number - 1,
            )
            for number, rule in enumerate(contract.rules, 1)
        )

    @classmethod
    def measures(cls, contract: TableContract, spec: CheckSpec) -> dict[str, str]:
        """The rows for which the condition is false.

        The engine has parsed the text against its allow-list. That it is one single expression is asked again here,
        because only then do the brackets around it hold.
        """
        import duckdb

        sql = contract.rules[spec.index].sql
        duckdb.SQLExpression(sql)
        # The rule stands on a line of its own: it may end in a comment, which would swallow the bracket.
        return {"broken": f"count(*) FILTER (WHERE NOT (\n{sql}\n))"}

    @classmethod
    def judge(cls, contract: TableContract, spec: CheckSpec, counts: Counts, session: Session) -> Finding:
        """The number of rows that break the rule."""
        del session
        broken = counts["broken"]
        metadata = {"sql": contract.rules[spec.index].sql}
        return Finding(
            broken, f"{count_of(broken, 'row')} break the rule" if broken else "every row meets it", metadata
        )

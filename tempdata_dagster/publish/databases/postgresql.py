"""PostgreSQL, with foreign keys as constraints that give way where a parent is replaced before its children."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from tempdata_dagster.core.errors import DataError
from tempdata_dagster.publish.databases.base import DATABASES, Database
from tempdata_dagster.publish.databases.conversion import Conversion
from tempdata_dagster.publish.databases.failure import Cause, DriverError, one_line, refuse_missing_driver
from tempdata_dagster.publish.databases.postgresql_session import PostgreSQLConversion, PostgreSQLSession
from tempdata_dagster.publish.databases.references import Reference, orphan_error
from tempdata_dagster.publish.databases.session import Session
from tempdata_dagster.publish.databases.url import DatabaseOptions, ServerOptions
from tempdata_dagster.publish.keys import TableKeys
from tempdata_dagster.publish.sql import Namespace

if TYPE_CHECKING:
    from tempdata_dagster.publish.databases.publication import Publication

_ORPHAN = "23503"
# PostgreSQL, Appendix A: error codes; the first two letters are the class.
_CAUSES: Mapping[str, Cause] = {
    "08": "lost", "57P": "lost", "40": "conflict", "55P03": "locked", "28": "denied", "42501": "denied", "3D": "missing",
    "53100": "full", "53": "lost", "23505": "duplicate", _ORPHAN: "orphan", "25006": "denied",
}  # fmt: skip


class PostgreSQLOptions(ServerOptions):
    """What PostgreSQL takes; the rest comes from libpq's environment (`PGHOST`, `PGPASSWORD`, `PGSERVICE`, `.pgpass`).

    Attributes:
        schema: The schema of the tables; the dataset's name by default.
        sslmode, sslrootcert, sslcert, sslkey, service, passfile, connect_timeout, application_name: As libpq has them.
    """

    schema_: str | None = Field(default=None, alias="schema", min_length=1)
    sslmode: str | None = None
    sslrootcert: str | None = None
    sslcert: str | None = None
    sslkey: str | None = None
    service: str | None = None
    passfile: str | None = None
    connect_timeout: int = Field(default=20, ge=1, le=3_600)
    application_name: str = "tempdata"


_PASSED_ON = (
    "user",
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "service",
    "passfile",
    "connect_timeout",
    "application_name",
)


@DATABASES.register("postgresql")
class PostgreSQL(Database):
    """A PostgreSQL server.

    Foreign keys are real constraints, checked at the end of the transaction. Those of *other* tables that rows of this one
    broke, because a parent was replaced before its children, are dropped, and put back as soon as they hold.
    """

    has_schemas: ClassVar[bool] = True
    options_class: ClassVar[type[DatabaseOptions]] = PostgreSQLOptions
    conversion_class: ClassVar[type[Conversion]] = PostgreSQLConversion
    dialect_name: ClassVar[str] = "postgresql"

    def connect(self) -> PostgreSQLSession:
        """A connection; its transaction begins with the first statement.

        Raises:
            InputError: TD3015 when the driver is not installed.
        """
        try:
            from adbc_driver_postgresql import dbapi
        except ImportError:
            raise refuse_missing_driver("adbc-driver-postgresql", "postgres") from None
        address, settings = self.address, self.settings
        told = {"host": address.host, "port": address.port, "dbname": address.path, "password": settings.secret}
        told |= {name: getattr(settings, name) for name in _PASSED_ON}
        # As keywords and not as a URL: libpq unescapes less in them, and takes a folder of sockets as a host.
        info = " ".join(f"{name}={_quote_value(str(value))}" for name, value in told.items() if value not in (None, ""))
        return PostgreSQLSession(dbapi.connect(info))

    def declared(self, keys: TableKeys) -> TableKeys:
        """As `Database.declared`; foreign keys are added once both tables are there."""
        return keys

    def understand(self, error: BaseException) -> DriverError | None:
        """As `Database.understand`."""
        code = getattr(error, "sqlstate", None)
        if not type(error).__module__.startswith("adbc_driver_manager"):
            return None
        text = one_line(error)
        if not code:
            # Without an answer of the server there is no code: libpq's words are all there is.
            cause: Cause = (
                "denied"
                if "authentication failed" in text or "no password" in text
                else "missing"
                if "does not exist" in text
                else "lost"
            )
            return DriverError(cause if "libpq" in text else "other", text)
        cause = next((found for start, found in _CAUSES.items() if code.startswith(start)), "other")
        return DriverError(cause, text)

    def fill(self, publication: Publication) -> str:
        """As `Database.fill`, with constraints."""
        session = publication.session
        session.execute("SAVEPOINT tempdata_fill")
        session.execute("SET CONSTRAINTS ALL DEFERRED")
        digest = publication.replace()
        if not self._holds(session):
            # Only known now, and a constraint with checks that wait cannot be dropped: undo, drop, load again.
            session.execute("ROLLBACK TO SAVEPOINT tempdata_fill")
            self._drop_soft(publication)
            session.execute("SET CONSTRAINTS ALL DEFERRED")
            digest = publication.replace()
            if not self._holds(session):
                session.execute("ROLLBACK TO SAVEPOINT tempdata_fill")
                raise self._blame(publication)
        publication.refuse_orphans()
        if self.settings.foreign_keys != "none":
            self._add_missing(publication)
        return digest

    def drop_references(self, session: Session, dataset: str, table: str, references: list[Reference]) -> None:
        """As `Database.drop_references`."""
        space = self.space(dataset)
        for reference in references:
            if reference.key.parent == table and self._has(session, space, reference):
                self._drop(session, space, reference)

    def _holds(self, session: Session) -> bool:
        """Whether all constraints do; checks those that wait."""
        return self._try(session, "SET CONSTRAINTS ALL IMMEDIATE")

    def _try(self, session: Session, statement: str) -> bool:
        """Whether a statement breaks no foreign key; one that does is undone."""
        # On the server: the driver takes no statement after one that failed, not even a ROLLBACK TO SAVEPOINT.
        told = "PERFORM set_config('tempdata.holds', '{}', true);"
        tried = f"BEGIN EXECUTE {_literal(statement)}; {told.format('yes')}"
        body = f"{tried} EXCEPTION WHEN foreign_key_violation THEN {told.format('no')} END"
        session.execute(f"DO {_literal(body)}")
        return bool(session.query("SELECT current_setting('tempdata.holds')")[0][0] == "yes")

    def _is_soft(self, publication: Publication, reference: Reference) -> bool:
        """Whether a constraint may give way: it is another table's, or of an edge whose parent may come later."""
        return reference.child != publication.ref.table or reference.is_late or self.settings.foreign_keys != "enforce"

    def _drop_soft(self, publication: Publication) -> None:
        space = self.space(publication.ref.dataset)
        for reference in publication.references():
            if self._is_soft(publication, reference) and self._has(publication.session, space, reference):
                self._drop(publication.session, space, reference)

    def _blame(self, publication: Publication) -> DataError:
        own = [one for one in publication.references() if not self._is_soft(publication, one)]
        if own:
            return orphan_error(own[0])
        hint = "a table outside of the dataset refers to this one: remove its foreign key"
        return DataError("TD3062", f"rows that '{publication.ref.table}' no longer has are referred to", hint)

    def _add_missing(self, publication: Publication) -> None:
        """Put constraints in place that are not there, if they hold."""
        session, space = publication.session, self.space(publication.ref.dataset)
        for reference in publication.references():
            if not self._has(session, space, reference):
                self._try(session, self.dialect.foreign_key(space, reference.child, reference.key))

    def _drop(self, session: Session, space: Namespace, reference: Reference) -> None:
        name = self.dialect.foreign_key_name(space, reference.child, reference.key)
        session.execute(self.dialect.drop_foreign_key(space, reference.child, name))

    def _has(self, session: Session, space: Namespace, reference: Reference) -> bool:
        name = self.dialect.foreign_key_name(space, reference.child, reference.key)
        sql = (
            "SELECT 1 FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid JOIN pg_namespace ON pg_namespace.oid = relnamespace "
            "WHERE nspname = ? AND relname = ? AND conname = ?"
        )
        return bool(session.query(sql, [space.schema or "public", space.prefix + reference.child, name]))


def _literal(text: str) -> str:
    quoted = text.replace("'", "''").replace("\\", "\\\\")
    # E: backslashes mean the same whatever the server's settings.
    return f"E'{quoted}'"


def _quote_value(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"

"""MySQL and MariaDB, whose own checks of foreign keys are off while rows are loaded."""

from __future__ import annotations

from typing import Any, ClassVar

import pyarrow as pa

from tempdata_dagster.publish.databases.base import DATABASES, Database
from tempdata_dagster.publish.databases.catalog import TableRecord
from tempdata_dagster.publish.databases.conversion import Conversion
from tempdata_dagster.publish.databases.failure import Cause, DriverError, one_line, refuse_missing_driver
from tempdata_dagster.publish.databases.mysql_session import DUPLICATE, MySQLConversion, MySQLSession
from tempdata_dagster.publish.databases.references import references_of
from tempdata_dagster.publish.databases.session import Session
from tempdata_dagster.publish.databases.url import ServerOptions
from tempdata_dagster.publish.keys import TableKeys
from tempdata_dagster.publish.sql import DIALECTS
from tempdata_dagster.publish.sql.base import BLOBS, family_of, plain_type, widest_key
from tempdata_dagster.publish.sql.mysql import key_length

# LOAD DATA LOCAL makes warnings of errors: whatever is no error to it is looked at afterwards.
_MODE = "STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION"
# A foreign key whose columns have other types than the parent's, by the versions of both servers.
_NO_FOREIGN_KEY = (1005, 1215, 3780)
# MySQL's and MariaDB's manuals, server and client error codes.
_CAUSES: dict[int, Cause] = {
    1044: "denied", 1045: "denied", 1142: "denied", 1227: "denied", 1698: "denied", 1049: "missing", 1205: "locked", 1213: "conflict",
    DUPLICATE: "duplicate", 1586: "duplicate", 1114: "full", 1021: "full", 28: "full", 1040: "lost", 1053: "lost", 1158: "lost",
    1159: "lost", 1160: "lost", 1161: "lost", 1203: "lost", 2002: "lost", 2003: "lost", 2006: "lost", 2013: "lost", 2055: "lost",
    1290: "denied", 3948: "denied", 0: "lost",
}  # fmt: skip


class MySQLOptions(ServerOptions):
    """What MySQL takes.

    Attributes:
        defaults_file: An option file as the servers' own clients read it, for the user, the password and the like.
        unix_socket: The path of the server's socket, in place of a host.
        ssl_ca, ssl_cert, ssl_key, ssl_verify_cert: As PyMySQL has them.
        connect_timeout: Seconds.
    """

    defaults_file: str | None = None
    unix_socket: str | None = None
    ssl_ca: str | None = None
    ssl_cert: str | None = None
    ssl_key: str | None = None
    ssl_verify_cert: bool | None = None
    connect_timeout: int = 20


_PASSED_ON = ("user", "unix_socket", "ssl_ca", "ssl_cert", "ssl_key", "ssl_verify_cert", "connect_timeout")


@DATABASES.register("mysql")
@DATABASES.register("mariadb")
class MySQL(Database):
    """A MySQL or MariaDB server, which must allow LOAD DATA LOCAL (`local_infile = ON`).

    Foreign keys are declared, and checked when rows are loaded; the server's own checks are off meanwhile, so that a parent
    can be replaced before its children. Making or changing a table is no part of the transaction: MySQL commits DDL at once.
    """

    options_class: ClassVar[type[MySQLOptions]] = MySQLOptions
    conversion_class: ClassVar[type[Conversion]] = MySQLConversion
    dialect_name: ClassVar[str] = "mysql"

    def connect(self) -> MySQLSession:
        """A connection without the server's own checks of foreign keys.

        Raises:
            InputError: TD3015 when the driver is not installed.
        """
        try:
            import pymysql
            from pymysql import converters
        except ImportError:
            raise refuse_missing_driver("PyMySQL", "mysql") from None
        address, settings = self.address, self.settings
        told = {name: getattr(settings, name) for name in _PASSED_ON}
        told |= {
            "host": address.host or None,
            "port": address.port,
            "password": settings.secret,
            "read_default_file": settings.defaults_file,
        }
        connection = pymysql.connect(
            database=address.path, charset="utf8mb4", local_infile=True, autocommit=False,
            conv=dict(converters.encoders),
            **{name: value for name, value in told.items() if value is not None},
        )  # fmt: skip
        session = MySQLSession(connection, DIALECTS.get("mysql")())
        wait = max(1, int(settings.lock_wait))
        session.execute(
            f"SET SESSION sql_mode = '{_MODE}', time_zone = '+00:00', foreign_key_checks = 0, innodb_lock_wait_timeout = {wait}"
        )
        # What was committed before the lock was ours must be seen.
        session.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
        return session

    def understand(self, error: BaseException) -> DriverError | None:
        """As `Database.understand`."""
        if not type(error).__module__.startswith("pymysql"):
            return None
        code = error.args[0] if error.args and isinstance(error.args[0], int) else -1
        return DriverError(_CAUSES.get(code, "other"), one_line(error))

    def longest_key(self, column: pa.Field, record: TableRecord) -> int | None:
        """As `Database.longest_key`."""
        width = widest_key(column.name, record.keys)
        return key_length(width) if width and family_of(column.type) in ("text", "blob") else None

    def conversion(self, record: TableRecord) -> Any:
        """As `Database.conversion`; columns of bytes are marked, since all are text by now."""
        schema, convert = super().conversion(record)
        marked = [
            field.with_metadata({"hex": ""}) if any(test(plain_type(one.type)) for test in BLOBS) else field
            for field, one in zip(schema, record.schema, strict=True)
        ]
        return pa.schema(marked), convert

    def declared(self, keys: TableKeys) -> TableKeys:
        """As `Database.declared`; foreign keys are added once both tables are there."""
        return keys

    def create_table(
        self, session: Session, dataset: str, table: str, record: TableRecord, partition_columns: list[str]
    ) -> None:
        """As `Database.create_table`, with the collation that tells all texts apart, and foreign keys from and to it."""
        space = self.space(dataset)
        # `a` and `a ` are one to a collation that pads; each server has another name for one that does not.
        maria = "mariadb" in str(session.query("SELECT version()")[0][0]).lower()
        collation = "utf8mb4_nopad_bin" if maria else "utf8mb4_0900_bin"
        dialect = type(self.dialect)(f" ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE={collation}")
        session.execute(
            dialect.create_table(space, table, record.schema, record.keys, partition_columns=partition_columns)
        )
        for statement in dialect.indexes(space, table, record.keys, partition_columns):
            session.execute(statement)
        if self.settings.foreign_keys == "none":
            return
        for reference in references_of(self.catalog_of(session, dataset).records(dataset), table):
            if session.columns(space, reference.child) and session.columns(space, reference.key.parent):
                self._add_foreign_key(session, dialect.foreign_key(space, reference.child, reference.key))

    def _add_foreign_key(self, session: Session, statement: str) -> None:
        from pymysql import err

        try:
            session.execute(statement)
        except err.Error as error:
            # It is there already (its parent was made anew), or no such key can be.
            if error.args[0] not in (*_NO_FOREIGN_KEY, 1826, 1061, 121):
                raise

"""Where a database is, and the options that say how to reach it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import unquote

from pydantic import Field, ValidationError

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.core.registry import closest
from tempdata_dagster.core.secrets import SecretRef
from tempdata_dagster.spec.values import Settings

_URL = re.compile(r"([a-z]+)://([^/?#]*)(?:/([^?#]*))?")
_SERVER = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]*)(?::(?P<port>\d{1,5}))?")


@dataclass(frozen=True)
class Address:
    """A database's URL, taken apart.

    Attributes:
        path: The name of the database on its server, or the path of its file.
    """

    scheme: str
    host: str = ""
    port: int | None = None
    path: str = ""

    @classmethod
    def parse(cls, url: str, on_server: bool) -> Address:
        """The address that a URL is.

        Args:
            url: `postgresql://host:port/database`, `sqlite:///relative.db`, `sqlite:////absolute.db`.
            on_server: Whether it names a server, or a file.

        Raises:
            InputError: TD3003 for a URL with credentials, TD3066 for one that names no database.
        """
        match = _URL.match(url)
        # The URL is not repeated: it may hold a secret.
        if "@" in url.partition("://")[2].partition("/")[0] or (match and match.end() != len(url)):
            hint = "give them as options: {user: ..., password: 'env:NAME'}, and settings likewise"
            raise InputError("TD3003", "the URL of a database must not hold credentials, nor '?' or '#'", hint)
        hint = "write postgresql://host/database, or sqlite:///file.db"
        if match is None or not match[3] or "\0" in match[3]:
            raise InputError("TD3066", "the URL names no database", hint)
        server = _SERVER.fullmatch(match[2])
        if server is None or (not on_server and match[2]):
            raise InputError("TD3066", "the URL names no server that can be", hint)
        port = int(server["port"]) if server["port"] else None
        return cls(match[1], server["host"].strip("[]"), port, unquote(match[3]) if on_server else match[3])


class DatabaseOptions(Settings):
    """What every database takes.

    Attributes:
        prefix: What the names of all tables begin with.
        foreign_keys: `enforce` refuses rows that refer to nothing, and declares foreign keys where the database can;
            `declare` only declares them; `none` does neither.
        overwrite: Replace a table of the same name that tempdata did not make, instead of refusing.
        lock_wait: Seconds to wait for another run that publishes the same table.
    """

    prefix: str = Field(default="", max_length=40)
    foreign_keys: Literal["enforce", "declare", "none"] = "enforce"
    overwrite: bool = False
    lock_wait: float = Field(default=120.0, ge=0, le=86_400, strict=False)


class ServerOptions(DatabaseOptions):
    """What every server takes.

    Attributes:
        user: The role that publishes.
        password: Its password, or `env:NAME` for the environment variable that holds it. Never shown.
    """

    user: str | None = None
    password: str | None = Field(default=None, repr=False)

    @property
    def secret(self) -> str | None:
        """The password itself.

        Raises:
            InputError: TD1053 when the environment variable is not set.
        """
        reference = SecretRef.parse(self.password) if self.password else None
        return reference.resolve() if reference else self.password


def read_options(kind: type[DatabaseOptions], options: Mapping[str, Any], scheme: str) -> Any:
    """Options as a target gives them.

    Raises:
        InputError: TD3004 for one that the database has not, or a value that cannot be; no value is repeated.
    """
    try:
        return kind.model_validate(dict(options))
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        option = ".".join(map(str, first["loc"]))
        if first["type"] == "extra_forbidden":
            hint = closest(option, list(kind.model_fields))
            raise InputError("TD3004", f"{scheme} has no option '{option}'", hint) from None
        raise InputError("TD3004", f"{scheme}, option '{option}': {first['msg']}") from None

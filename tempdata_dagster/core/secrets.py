"""Secrets are named, never written: `env:NAME` in a file stands for an environment variable, read when it is needed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tempdata_dagster.core.errors import InputError

_REFERENCE = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]{0,127})")
_WORDS = "key|secret|token|password|passwd|pwd|credential|sas|sig|auth"
# Whole words: `keyspace` and `author` hold no secret.
_SECRET_NAME = re.compile(rf"(?:^|_)(?:{_WORDS})s?(?:_|$)", re.IGNORECASE)
_SECRET_NAMES = {"connection_string", "account_key", "sas_token", "service_account", "anon_key"}
_SHOWN = "***"
_IN_TEXT = (
    (re.compile(r"(://)[^/@\s]+@"), rf"\1{_SHOWN}@"),
    (re.compile(r"(?i)\b(authorization:\s*)(?:\w+\s+)?[^\s,;]+"), rf"\1{_SHOWN}"),
    (re.compile(r"(?i)\b(bearer\s+)[^\s,;]{8,}"), rf"\1{_SHOWN}"),
    (
        re.compile(
            r"(?i)([\"']?\b\w*(?:secret|token|passw(?:or)?d|pwd|accountkey|account_key|access_?key(?:_?id)?|signature|sig)"
            r"\w*[\"']?\s*[=:]\s*)[\"']?[^\s\"',;&]+[\"']?"
        ),
        rf"\1{_SHOWN}",
    ),
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"), _SHOWN),
)


@dataclass(frozen=True)
class SecretRef:
    """The name of an environment variable that holds a secret; never the secret itself."""

    name: str

    @classmethod
    def parse(cls, text: str) -> SecretRef | None:
        """The reference that `env:NAME` is; None for any other text."""
        match = _REFERENCE.fullmatch(text)
        return cls(match[1]) if match else None

    def resolve(self, environment: Mapping[str, str] | None = None) -> str:
        """The secret.

        Args:
            environment: Where to look; the process's environment when None.

        Raises:
            InputError: TD1053 when the variable is not set, or empty.
        """
        # Set but empty is what a missing secret of a CI system looks like.
        value = (os.environ if environment is None else environment).get(self.name, "")
        if not value:
            hint = f"set it before the run: export {self.name}=..."
            raise InputError("TD1053", f"the environment variable {self.name} is not set", hint)
        return value

    def __str__(self) -> str:
        return f"env:{self.name}"


def is_secret_name(name: str) -> bool:
    """Whether a storage option of this name holds a secret (`key`, `secret`, `account_key`, `sas_token` ...)."""
    return name.lower() in _SECRET_NAMES or _SECRET_NAME.search(name) is not None


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` without the given secrets, URL credentials, and what is written as `password=...` and the like."""
    # Longest first, so that a secret within another leaves no rest of the longer one.
    for secret in sorted({one for one in secrets if one}, key=len, reverse=True):
        text = text.replace(secret, _SHOWN)
    for pattern, shown in _IN_TEXT:
        text = pattern.sub(shown, text)
    return text

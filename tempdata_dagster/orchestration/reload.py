"""Asks the webserver to reload a code location: the only way, in Dagster's open-source edition, to do so from inside."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request

from tempdata_dagster.core.errors import InputError, OutsideError, TerminalError, TransientError

URL_VARIABLE = "TEMPDATA_DAGSTER_URL"
DEFAULT_URL = "http://127.0.0.1:3000"
_SECONDS = 60
_MUTATION = """mutation Reload($location: String!) {
  reloadRepositoryLocation(repositoryLocationName: $location) {
    __typename
    ... on PythonError { message }
    ... on UnauthorizedError { message }
    ... on ReloadNotSupported { message }
    ... on RepositoryLocationNotFound { message }
    ... on WorkspaceLocationEntry { locationOrLoadError { __typename ... on PythonError { message } } }
  }
}"""


def reload_location(location: str, url: str | None = None) -> None:
    """Reloads a code location and waits until it is loaded.

    Args:
        location: The code location's name.
        url: The webserver's; by default `TEMPDATA_DAGSTER_URL`, or the address that `dagster dev` uses.

    Raises:
        InputError: TD4010 when the URL is not one of HTTP.
        TransientError: TD4011 when the webserver cannot be reached.
        TerminalError: TD4012 when it refuses, or the location does not load.
    """
    base = (url or os.environ.get(URL_VARIABLE) or DEFAULT_URL).rstrip("/")
    if not base.startswith(("http://", "https://")):
        raise InputError("TD4010", "the webserver's URL is not http:// or https://", f"see {URL_VARIABLE}")
    body = json.dumps({"query": _MUTATION, "variables": {"location": location}}).encode()
    request = urllib.request.Request(  # noqa: S310 - the scheme was checked above
        f"{base}/graphql", data=body, headers={"content-type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as response:  # noqa: S310 - as above
            answer = json.load(response)
    except (urllib.error.URLError, OSError, ValueError) as error:
        hint = f"set {URL_VARIABLE}, or reload the code location in the UI"
        raise TransientError("TD4011", f"the webserver did not reload '{location}': {error}", hint) from None
    if failure := _find_failure(answer):
        raise failure


def _find_failure(answer: dict[str, object]) -> OutsideError | None:
    data = answer.get("data")
    result = data.get("reloadRepositoryLocation") if isinstance(data, dict) else None
    if not isinstance(result, dict):
        return TerminalError("TD4012", f"the webserver answered: {str(answer.get('errors'))[:300]}")
    loaded = result.get("locationOrLoadError") or {}
    message = result.get("message") or loaded.get("message")
    return TerminalError("TD4012", f"the code location did not reload: {str(message)[:500]}") if message else None

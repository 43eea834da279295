"""Questions to a Prometheus over its HTTP API (https://prometheus.io/docs/prometheus/latest/querying/api)."""

import json
from dataclasses import dataclass
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import urlopen

from infra.prometheus.errors import QueryError

__all__ = ["Sample", "get", "query"]

_TIMEOUT_S: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One series of an answer: its labels and its value now (NaN and infinities included)."""

    labels: dict[str, str]
    value: float


def query(url: str, expression: str) -> list[Sample]:
    """Evaluate a PromQL expression now; an empty list when nothing matches.

    Raises:
        QueryError: the expression is wrong, or the server does not answer.
    """
    data = get(url, "query", query=expression)
    try:
        if data["resultType"] == "scalar":
            return [Sample(labels={}, value=float(data["result"][1]))]
        return [Sample(labels=row["metric"], value=float(row["value"][1])) for row in data["result"]]
    except (ValueError, LookupError, TypeError) as error:
        raise _no_prometheus(url, error) from error


def get(url: str, path: str, **parameters: str) -> Any:
    """Give `data` of `GET <url>/api/v1/<path>`; QueryError with the server's words when there is none."""
    if urlsplit(url).scheme not in ("http", "https"):
        raise QueryError(f"Prometheus address {url!r} is not http:// or https://: correct LINEWATCH_PROMETHEUS_URL")
    address = f"{url.rstrip('/')}/api/v1/{path}?{urlencode(parameters)}"
    try:
        with urlopen(address, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - the scheme was checked
            return json.load(answer)["data"]
    except HTTPError as error:
        with error:
            raise QueryError(f"Prometheus refused {parameters or path}: {_words(error)}") from error
    except (URLError, TimeoutError, ConnectionError) as error:
        raise QueryError(f"Prometheus at {url} does not answer ({error}): is it running?") from error
    except (ValueError, KeyError, TypeError) as error:
        raise _no_prometheus(url, error) from error


def _no_prometheus(url: str, error: Exception) -> QueryError:
    return QueryError(f"what answers at {url} is not Prometheus: {error!r}")


def _words(error: HTTPError) -> str:
    text = error.read().decode(errors="replace")
    try:
        return str(json.loads(text)["error"])
    except (ValueError, KeyError, TypeError):
        return f"{error.code} {text[:200]}"

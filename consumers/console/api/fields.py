"""Parameters that several lists of the API take."""

from typing import Annotated

from fastapi import Query
from pydantic import StringConstraints

Secret = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
"""A password or a token; it reaches no database as it is, only its hash."""
Cursor = Annotated[str | None, Query(max_length=500, description="`next_cursor` of the page before")]
Limit = Annotated[int, Query(ge=1, le=500)]

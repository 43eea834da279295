"""Every error of an edge has one base."""

import inspect

from consumers.edge import errors
from consumers.errors import ConsumersError


def test_every_error_is_an_edge_error() -> None:
    found = [one for _, one in inspect.getmembers(errors, inspect.isclass) if one.__module__ == errors.__name__]

    assert len(found) > 3
    assert all(issubclass(one, errors.EdgeError) and one.__doc__ for one in found)
    assert issubclass(errors.EdgeError, ConsumersError)

"""Whoever catches the base catches all."""

import inspect

from consumers.errors import ConsumersError
from consumers.inference import errors


def test_every_error_has_the_package_base() -> None:
    found = [item for _, item in inspect.getmembers(errors, inspect.isclass) if item.__module__ == errors.__name__]
    assert len(found) >= 5
    assert all(issubclass(item, errors.InferenceError) and issubclass(item, ConsumersError) for item in found)
    assert all(item.__doc__ for item in found)

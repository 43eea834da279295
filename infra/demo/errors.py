"""What can go wrong with a demo."""

from infra.errors import InfraError


class DemoError(InfraError):
    """The demo can't go on; the message names the step, the process and its last words."""

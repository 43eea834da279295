"""What can go wrong on the way from a camera into Kafka."""


class ProducersError(Exception):
    """Base of every error that the producers raise."""


class SourceError(ProducersError):
    """A source that can't be opened or is used wrongly; the message names it and says what is allowed."""


class HeaderError(ProducersError):
    """Bytes that are no image of a known format; the message is the reason that goes with the dead letter."""


class SpoolError(ProducersError):
    """A spool that can't be used; the message says what to do, and no captured frame was thrown away."""


class SpoolLockedError(SpoolError):
    """Another gateway on this machine works on the same camera; stop it first, or give this one another camera id."""


class SpoolClosedError(SpoolError):
    """The spool was closed while a capture waited for room in it: the gateway is ending."""


class FencedError(ProducersError):
    """Another gateway has taken the camera over; what was not delivered stays in the spool for the next start."""


class GatewaySettingsError(ProducersError):
    """A Kafka setting that the client library refuses; correct it in linewatch.toml or the environment."""

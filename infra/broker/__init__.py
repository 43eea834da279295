"""The embedded Kafka broker: real Kafka in KRaft mode, run by linewatch for one machine and for tests."""

from infra.broker.cluster import Cluster, ClusterOptions, ClusterStatus, NodeStatus
from infra.broker.errors import BrokerError

__all__ = ["BrokerError", "Cluster", "ClusterOptions", "ClusterStatus", "NodeStatus"]

"""The topics of Kafka made to agree with the catalogue (schemas/topics.py)."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, Final, Literal, TypeVar

import msgspec
from confluent_kafka import KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, OffsetSpec
from confluent_kafka.cimpl import NewTopic

from infra.errors import InfraError
from infra.kafka import ANSWER_TIMEOUT, BrokerAwayError
from infra.settings import Settings
from schemas.topics import FRAMES, edge_topics, shared_topics

__all__ = [
    "Applied",
    "Difference",
    "PartitionCountError",
    "TopicsError",
    "WantedTopic",
    "apply_topics",
    "compare_topics",
    "ensure_edge_topics",
    "known_edges",
    "wanted_topics",
]

_Item = TypeVar("_Item")

# How many topics one request names: 10^4 edges have more than fit into one, and a controller that is handed thousands
# at once keeps everybody waiting.
_BATCH: Final = 200
_POLL_S: Final = 0.05
_LEADER_TIMEOUT: Final = 60.0
# Kafka's own answer, not an exception of ours: these say that another broker has to be asked, or the same one again.
_AWAY: Final = (KafkaError._TIMED_OUT, KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._RESOLVE)


class TopicsError(InfraError):
    """Kafka refused to tell about or change a topic; the message has its reason. Often rights: see the ACLs."""


class PartitionCountError(TopicsError):
    """A topic has another partition count than the catalogue's. Nothing was changed; recreate the topic."""


class WantedTopic(msgspec.Struct, frozen=True, kw_only=True):
    """A topic as it shall be in Kafka."""

    name: str
    partitions: int
    replicas: int
    config: dict[str, str]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One way in which Kafka differs; `setting` is the Kafka topic setting, `actual` what Kafka has."""

    topic: str
    what: Literal["missing", "partitions", "replicas", "setting"]
    wanted: str
    actual: str | None = None
    setting: str | None = None

    def __str__(self) -> str:
        if self.what == "missing":
            return f"{self.topic} is missing (wanted: {self.wanted})"
        return f"{self.topic}: {self.setting or self.what} is {self.actual}, wanted: {self.wanted}"


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """What was done; `left` holds differences that only an operator can mend (replica counts of existing topics)."""

    created: tuple[str, ...] = ()
    altered: tuple[str, ...] = ()
    left: tuple[Difference, ...] = ()


def wanted_topics(settings: Settings, edge_ids: Iterable[str]) -> dict[str, WantedTopic]:
    """Give every shared topic and those of `edge_ids`, by name.

    Raises:
        InvalidIdentifierError: an edge id cannot be used.
    """
    named = {topic.name: topic for topic in shared_topics()}
    named |= {topic.of(edge_id): topic for edge_id in edge_ids for topic in edge_topics()}
    # Not left to the broker's default, which is 1: with acks=all an acknowledged frame shall lie on two disks.
    in_sync = "2" if settings.replication_factor >= 3 else "1"
    return {
        name: WantedTopic(
            name=name,
            partitions=topic.partitions,
            replicas=settings.replication_factor,
            config={"min.insync.replicas": in_sync, **topic.configuration()},
        )
        for name, topic in named.items()
    }


def known_edges(admin: AdminClient) -> tuple[str, ...]:
    """Give the ids of the edges that have topics already, sorted.

    Raises:
        BrokerAwayError: no broker answered.
    """
    prefix = FRAMES.name.removesuffix("<edge>")
    try:
        names = admin.list_topics(timeout=ANSWER_TIMEOUT).topics
    except KafkaException as error:
        raise _explained("listing topics", error) from error
    return tuple(sorted(name.removeprefix(prefix) for name in names if name.startswith(prefix)))


def compare_topics(admin: AdminClient, wanted: Mapping[str, WantedTopic]) -> tuple[Difference, ...]:
    """Give every difference between Kafka and `wanted`, sorted by topic.

    Settings that the catalogue does not name are an operator's own business and no difference.

    Raises:
        BrokerAwayError: no broker answered.
        TopicsError: Kafka refused.
    """
    found = _describe(admin, wanted)
    configs = _configs(admin, found)
    differences = (_compare(topic, found.get(name), configs.get(name, {})) for name, topic in sorted(wanted.items()))
    return tuple(difference for several in differences for difference in several)


def apply_topics(admin: AdminClient, settings: Settings, edge_ids: Iterable[str] = ()) -> Applied:
    """Create the missing topics, shared ones and those of `edge_ids`, and set every setting that differs.

    It may run any number of times and from several places at once.

    Raises:
        PartitionCountError: a topic has another partition count; nothing was changed.
        BrokerAwayError: no broker answered.
        TopicsError: Kafka refused.
    """
    wanted = wanted_topics(settings, edge_ids)
    differences = compare_topics(admin, wanted)
    if moved := [str(difference) for difference in differences if difference.what == "partitions"]:
        raise PartitionCountError(
            f"{'; '.join(moved)}: a partition count never changes, as every key would move to another partition and "
            "lose its order; copy the topic away, delete it, apply again and copy it back"
        )
    missing = [wanted[difference.topic] for difference in differences if difference.what == "missing"]
    created = _create(admin, missing)
    altered = _alter(admin, [difference for difference in differences if difference.what == "setting"])
    left = tuple(difference for difference in differences if difference.what == "replicas")
    return Applied(created=created, altered=altered, left=left)


def ensure_edge_topics(admin: AdminClient, edge_id: str, settings: Settings) -> tuple[str, ...]:
    """Create what an edge lacks of its own topics (`frames.<edge>`, `desired.<edge>`); gives those it created.

    One request and no comparison: cheap enough for every start of a gateway or an edge. Raises as `apply_topics`.
    """
    own = {topic.of(edge_id) for topic in edge_topics()}
    wanted = wanted_topics(settings, [edge_id])
    return _create(admin, [topic for name, topic in wanted.items() if name in own])


class _Found(msgspec.Struct, frozen=True):
    partitions: int
    replicas: int


def _describe(admin: AdminClient, names: Iterable[str]) -> dict[str, _Found]:
    """Ask for those of `names` that exist and whose partitions all have a leader."""
    found = {}
    for batch in _batches(list(names)):
        futures = admin.describe_topics(TopicCollection(batch), request_timeout=ANSWER_TIMEOUT)
        for name, future in futures.items():
            partitions = _answer(f"describing {name}", future, unless=KafkaError.UNKNOWN_TOPIC_OR_PART)
            if partitions is not None:
                replicas = min(len(partition.replicas) for partition in partitions.partitions)
                found[name] = _Found(len(partitions.partitions), replicas)
    return found


def _configs(admin: AdminClient, names: Iterable[str]) -> dict[str, dict[str, str]]:
    found = {}
    for batch in _batches(list(names)):
        resources = [ConfigResource(ConfigResource.Type.TOPIC, name) for name in batch]
        for resource, future in admin.describe_configs(resources, request_timeout=ANSWER_TIMEOUT).items():
            entries = _answer(f"reading the settings of {resource.name}", future)
            found[str(resource.name)] = {name: str(entry.value) for name, entry in entries.items()}
    return found


def _compare(topic: WantedTopic, found: _Found | None, config: Mapping[str, str]) -> Iterator[Difference]:
    if found is None:
        described = f"{topic.partitions} partitions, {topic.replicas} replicas"
        yield Difference(topic=topic.name, what="missing", wanted=described)
        return
    if found.partitions != topic.partitions:
        yield Difference(
            topic=topic.name, what="partitions", wanted=str(topic.partitions), actual=str(found.partitions)
        )
    if found.replicas != topic.replicas:
        yield Difference(topic=topic.name, what="replicas", wanted=str(topic.replicas), actual=str(found.replicas))
    for setting, value in topic.config.items():
        if _normal(config.get(setting)) != _normal(value):
            yield Difference(
                topic=topic.name, what="setting", setting=setting, wanted=value, actual=config.get(setting)
            )


def _normal(value: str | None) -> frozenset[str]:
    """Kafka gives lists such as "compact,delete" back in an order of its own."""
    return frozenset((value or "").split(","))


def _create(admin: AdminClient, topics: Sequence[WantedTopic]) -> tuple[str, ...]:
    created = []
    for batch in _batches(topics):
        news = [
            NewTopic(
                topic.name, num_partitions=topic.partitions, replication_factor=topic.replicas, config=topic.config
            )
            for topic in batch
        ]
        for name, future in admin.create_topics(news, request_timeout=3 * ANSWER_TIMEOUT).items():
            # Another process may have been quicker: all that counts is that it is there.
            if _answer(f"creating {name}", future, unless=KafkaError.TOPIC_ALREADY_EXISTS, done=True):
                created.append(name)
        _await_topics(admin, [topic.name for topic in batch])
    return tuple(created)


def _await_topics(admin: AdminClient, names: Sequence[str]) -> None:
    """Wait until every partition of the new topics answers for itself.

    The controller says "created" a moment before its brokers lead the partitions, and whoever reads or writes in that
    moment is told that there is no leader.
    """
    deadline = time.monotonic() + _LEADER_TIMEOUT
    while waiting := _leaderless(admin, names):
        if time.monotonic() > deadline:
            raise BrokerAwayError(
                f"created {waiting[0]}, and after {_LEADER_TIMEOUT:g} s no broker leads it: see `linewatch broker "
                "status`, then apply again"
            )
        time.sleep(_POLL_S)


def _leaderless(admin: AdminClient, names: Sequence[str]) -> list[str]:
    found = _describe(admin, names)
    asked = {
        TopicPartition(name, partition): OffsetSpec.latest()  # type: ignore[no-untyped-call]
        for name, topic in found.items()
        for partition in range(topic.partitions)
    }
    answers = admin.list_offsets(asked, request_timeout=ANSWER_TIMEOUT) if asked else {}
    deaf = {partition.topic for partition, future in answers.items() if future.exception(4 * ANSWER_TIMEOUT)}
    return sorted((set(names) - set(found)) | deaf)


def _alter(admin: AdminClient, differences: Sequence[Difference]) -> tuple[str, ...]:
    by_topic: dict[str, list[ConfigEntry]] = {}
    for difference in differences:
        entry = ConfigEntry(str(difference.setting), difference.wanted, incremental_operation=AlterConfigOpType.SET)
        by_topic.setdefault(difference.topic, []).append(entry)
    for batch in _batches(list(by_topic.items())):
        resources = [
            ConfigResource(ConfigResource.Type.TOPIC, name, incremental_configs=entries) for name, entries in batch
        ]
        for resource, future in admin.incremental_alter_configs(resources, request_timeout=ANSWER_TIMEOUT).items():
            _answer(f"changing the settings of {resource.name}", future)
    return tuple(by_topic)


def _batches(items: Sequence[_Item]) -> Iterator[list[_Item]]:
    for start in range(0, len(items), _BATCH):
        yield list(items[start : start + _BATCH])


def _answer(doing: str, future: "Future[Any]", unless: int | None = None, *, done: Any = None) -> Any:
    """Give what Kafka answered, `done` when that is nothing, None when it failed with code `unless`."""
    try:
        answer = future.result(4 * ANSWER_TIMEOUT)
    except KafkaException as error:
        if error.args[0].code() == unless:
            return None
        raise _explained(doing, error) from error
    return done if answer is None else answer


def _explained(doing: str, error: KafkaException) -> InfraError:
    reason = error.args[0]
    if reason.code() in _AWAY:
        return BrokerAwayError(
            f"{doing}: no broker answered ({reason.str()}): see `linewatch broker status` and bootstrap_servers"
        )
    return TopicsError(f"{doing}: Kafka refused: {reason.str()} ({reason.name()}); mend that and apply again")

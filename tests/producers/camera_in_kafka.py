"""One camera in a real Kafka, and gateways that write its frames and claims."""

import msgspec

from infra.blobs import BlobStore
from infra.kafka import key_partition
from infra.settings import Settings
from producers.camera_history import look
from producers.captured import Ledger, Spooled
from producers.envelope import Envelopes
from producers.kafka_link import KafkaLink
from producers.link import Outgoing
from producers.numbering import KafkaView
from schemas.records import CameraClaim
from schemas.topics import FRAMES
from tests.producers.gateway_fakes import CODEC, NOW_US, captured


class Camera:
    """A camera of an edge of its own, and gateways that write its frames."""

    def __init__(self, settings: Settings, name: str) -> None:
        self.settings, self.name = settings, name
        self.topic, self.partition = FRAMES.of(name), key_partition(name, FRAMES.partitions)
        blobs = BlobStore((settings.data_dir / "blobs").as_posix())
        self.envelopes = Envelopes(CODEC, blobs, edge_id=name, camera_id=name, partition=self.partition)

    def connect(self) -> KafkaLink:
        return KafkaLink(self.settings, CODEC, edge_id=self.name, camera_id=self.name, ended=lambda: False)

    def message(self, sequence: int, image: bytes) -> Outgoing:
        frame = captured(image)
        spooled = Spooled(0, frame.sha256, len(image), frame.facts, None, image, fresh=True)
        made = self.envelopes.frame(spooled, sequence, 1)
        assert isinstance(made, Outgoing)
        return made

    def write(self, *frames: tuple[int, bytes], commit: bool = True) -> None:
        """Frames in one transaction, committed or left to be aborted by the next link."""
        link = self.connect()
        for sequence, image in frames:
            link.send(self.message(sequence, image))
        if commit:
            link.commit()
        else:
            assert link._producer.flush(60) == 0
        link.close()

    def claim(self, epoch: int, offset: int = 0, last_sequence: int = -1) -> CameraClaim:
        return CameraClaim(
            camera_id=self.name,
            edge_id=self.name,
            epoch=epoch,
            gateway="elsewhere:1",
            claimed_at_us=NOW_US,
            topic=self.topic,
            partition=self.partition,
            offset=offset,
            last_sequence=last_sequence,
        )

    def write_claim(self, claim: CameraClaim) -> None:
        link = self.connect()
        link.send(self.envelopes.claim(claim))
        link.commit()
        link.close()

    def ledger(self, **change: object) -> Ledger:
        ours = Ledger(base=0, epoch=1, topic=self.topic, partition=self.partition, offset=0)
        return msgspec.structs.replace(ours, **change)

    def look(self, ledger: Ledger, claim: CameraClaim | None, *images: bytes) -> KafkaView:
        """Look with these images in the spool, from the first that is not acknowledged on."""
        hashes = [(ledger.acknowledged + 1 + place, captured(image).sha256) for place, image in enumerate(images)]
        return look(self.settings, CODEC, self.name, ledger, claim, hashes)

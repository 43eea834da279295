"""Frames for tests that have no Kafka."""

import hashlib

from schemas.records import ClaimCheck, Frame


def frame_of(image: bytes, *, sequence: int = 0, camera: str = "cam-1", edge: str = "edge-1", epoch: int = 1) -> Frame:
    """A frame of some bytes."""
    return Frame(
        edge_id=edge,
        camera_id=camera,
        sequence=sequence,
        epoch=epoch,
        captured_at_us=1_000_000,
        monotonic_ns=0,
        sha256=hashlib.sha256(image).hexdigest(),
        size=len(image),
        content_type="image/png",
        image=image,
        part_id="part-7",
        product="card",
    )


def claim_of(image: bytes) -> ClaimCheck:
    """A claim check on some bytes."""
    digest = hashlib.sha256(image).hexdigest()
    return ClaimCheck(reference=f"sha256:{digest}", sha256=digest, size=len(image))

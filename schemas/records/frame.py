"""What a camera publishes."""

from schemas.identifiers import frame_id
from schemas.records.base import Record


class Box(Record, frozen=True, kw_only=True):
    """A rectangle on an image, in integer pixels of the image as captured; origin top left."""

    label: str  # defect class or part class
    x: int  # left edge, pixels
    y: int  # top edge, pixels
    w: int  # width, pixels, at least 1
    h: int  # height, pixels, at least 1
    score: float | None = None  # 0..1 when a model drew it, null when a person did


class ClaimCheck(Record, frozen=True, kw_only=True):
    """Where the bytes of something too large for a message lie."""

    reference: str  # blob reference, `sha256:<hex>`
    sha256: str  # of the bytes, 64 hex digits
    size: int  # bytes


class Exposure(Record, frozen=True, kw_only=True):
    """How the camera took the image, as far as it says."""

    exposure_us: int | None = None  # shutter time, microseconds
    gain_db: float | None = None  # sensor gain, decibel
    light: str | None = None  # name of the light programme


class Truth(Record, frozen=True, kw_only=True):
    """What is really on the image, known only to simulators and annotated folders; no inspection ever reads it."""

    label: str  # class of the whole image
    boxes: list[Box] = []  # exact boxes


class Frame(Record, frozen=True, kw_only=True):
    """One image as captured, with who took it and when. Exactly one of `image` and `claim_check` is set."""

    edge_id: str  # inspection point this frame goes to
    camera_id: str  # camera that took it
    sequence: int  # contiguous and strictly increasing per camera; a gap means loss
    epoch: int  # rises with each start of a gateway for this camera
    captured_at_us: int  # wall clock at capture, Unix microseconds
    monotonic_ns: int  # the gateway's monotonic clock at capture, nanoseconds
    sha256: str  # of the image bytes, 64 hex digits
    size: int  # of the image bytes
    content_type: str  # media type, such as image/jpeg
    image: bytes | None = None  # the bytes as captured, at most 900 kB
    claim_check: ClaimCheck | None = None  # where larger bytes lie
    width: int | None = None  # pixels, when the header says
    height: int | None = None  # pixels, when the header says
    part_id: str | None = None  # the part on the image; frames of several cameras may share it
    product: str | None = None  # product or variant being made
    exposure: Exposure | None = None  # how it was taken
    origin: str | None = None  # file or address it came from, secrets masked
    truth: Truth | None = None  # what is on it, from simulators and annotated folders only
    attributes: dict[str, str] = {}  # anything else the camera or the line says

    def __post_init__(self) -> None:
        if (self.image is None) == (self.claim_check is None):
            raise ValueError(f"frame {self.frame_id}: exactly one of image and claim_check must be set")

    @property
    def frame_id(self) -> str:
        return frame_id(self.camera_id, self.sequence)

    @property
    def event_id(self) -> str:
        return self.frame_id


class CameraClaim(Record, frozen=True, kw_only=True):
    """A gateway's claim on a camera: who numbers its frames, from where on. Key: camera_id, topic `cameras`."""

    camera_id: str  # the camera
    edge_id: str  # inspection point its frames go to
    epoch: int  # one more than the claim before
    gateway: str  # `<host>:<pid>` of the claimant
    claimed_at_us: int  # Unix microseconds
    topic: str  # frames topic written to
    partition: int  # partition of that topic that holds the camera
    offset: int  # the camera's frames after `last_sequence` lie at or after this offset
    last_sequence: int  # last sequence known to be in Kafka, -1 when none

    @property
    def event_id(self) -> str:
        return f"{self.camera_id}/claim/{self.epoch}/{self.last_sequence}"

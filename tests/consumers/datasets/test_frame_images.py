"""Images by their hash out of a real Kafka and blob store."""

from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from consumers.datasets.errors import ImageMissingError
from consumers.datasets.frame_images import FrameImages
from consumers.datasets.image_reading import Wanted, read_images
from infra.kafka import BrokerAwayError
from infra.settings import Settings
from schemas.records import FrameLocation
from tests.consumers.datasets.makers import CODEC, Line, captured_line, digest, location, picture

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]
FRAMES = 30


@pytest.fixture
def line(broker_settings: Settings, unique: str) -> Line:
    return captured_line(broker_settings, unique, FRAMES)


def test_the_blob_store_first_then_kafka(line: Line) -> None:
    line.blobs.put(line.images[1])
    with FrameImages(line.settings, line.blobs) as images:
        found = [images.get(digest(line.images[number]), line.locations[number]) for number in range(2)]
        assert [(one.source, one.content_type) for one in found] == [("kafka", "image/png"), ("blob", "image/png")]
        assert [one.data for one in found] == line.images[:2]
        assert images.get(digest(line.images[1])).data == line.images[1]


def test_a_claim_check_is_followed(line: Line) -> None:
    image = picture(99)
    frame = line.frame(image, "cam-1", FRAMES, None)
    line.send(msgspec.structs.replace(frame, image=None, claim_check=line.blobs.put(image)))
    place = location(digest(image), FRAMES, line.edge, line.locations[0].partition)
    with FrameImages(line.settings, line.blobs) as images:
        assert images.get(digest(image), place).data == image
    ((_, found),) = read_images(line.settings, line.blobs, [Wanted(digest(image), place)], CODEC)
    assert not isinstance(found, ImageMissingError)
    assert (found.source, found.data) == ("kafka", image)


def test_what_is_missing_says_where_it_was_looked_for(line: Line) -> None:
    line.expire(10)
    with FrameImages(line.settings, line.blobs) as images:
        with pytest.raises(ImageMissingError, match=r"is not in .*; frames\..*\[\d\]@3 is not in Kafka \(any more\)"):
            images.get(digest(line.images[3]), line.locations[3])
        with pytest.raises(ImageMissingError, match="holds another image, of frame cam-1/20"):
            images.get("ab" * 32, line.locations[20])
        with pytest.raises(ImageMissingError, match=r"topic frames\.nobody is not in Kafka"):
            images.get("ab" * 32, location("ab" * 32, 0, "nobody"))
        beyond = FrameLocation(topic=line.topic, partition=line.locations[0].partition, offset=999, sha256="ab" * 32)
        with pytest.raises(ImageMissingError, match="@999 is not in Kafka"):
            images.get("ab" * 32, beyond)
        assert images.get(digest(line.images[12]), line.locations[12]).data == line.images[12]


def test_many_threads_share_one_finder(line: Line) -> None:
    with FrameImages(line.settings, line.blobs) as images, ThreadPoolExecutor(6) as pool:
        order = [number % FRAMES for number in range(0, 7 * FRAMES, 7)]
        found = pool.map(lambda n: images.get(digest(line.images[n]), line.locations[n]).data, order)
        assert list(found) == [line.images[number] for number in order]


def test_an_unreachable_broker_is_no_missing_image(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consumers.datasets.frame_messages._SILENCE_S", 0.5)
    monkeypatch.setattr("consumers.datasets.frame_messages.ANSWER_TIMEOUT", 0.5)
    away = Settings(bootstrap_servers="127.0.0.1:1", data_dir=line.settings.data_dir)
    with FrameImages(away, line.blobs, CODEC) as images, pytest.raises(BrokerAwayError):
        images.get(digest(line.images[0]), line.locations[0])
    with pytest.raises(BrokerAwayError):
        list(read_images(away, line.blobs, [Wanted(digest(line.images[0]), line.locations[0])], CODEC))

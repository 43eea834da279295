"""From frames and hashes to images."""

from hashlib import sha256

import pytest

from consumers.console.errors import ProblemError
from consumers.console.images import Rendering
from consumers.console.services import Services
from consumers.console.showing import Images, Place, place_of_frame, place_of_hash
from consumers.datasets.frame_images import FoundImage
from tests.consumers.console.labeling.rows import SHA, fill, inspection_row, task_row
from tests.consumers.console.labeling.test_task_views import label_row
from tests.consumers.console.test_images import encoded, gradient

JPEG = encoded(".jpg", gradient(640, 480))
FRAME = {"topic": "frames.press-1", "partition": 1, "offset": 77, "sha256": SHA}


def test_a_frame_is_found_by_inspection_task_or_label(services: Services) -> None:
    fill(
        services.database,
        inspection_row(1),
        task_row(2),
        label_row("cam-1/3/first/1", sequence=3, frame=FRAME),
        label_row("file/1/imported/1", camera_id=None, sequence=None, sha256="cd" * 32, task_id=None, round="imported"),
    )
    with services.database.read() as session:
        offsets = []
        for number in (1, 2, 3):
            location = place_of_frame(session, "cam-1", number).location
            assert location is not None
            offsets.append(location.offset)
        assert offsets == [1, 2, 77]
        with pytest.raises(ProblemError, match="nothing is known of frame cam-1/4"):
            place_of_frame(session, "cam-1", 4)
        assert place_of_hash(session, "cd" * 32) == Place("cd" * 32, None)
        assert place_of_hash(session, "ef" * 32) == Place("ef" * 32, None)
        found = place_of_hash(session, SHA)
    assert found.location is not None


def test_kafka_is_asked_once_for_all_renderings(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    images = Images(services)
    asked: list[str] = []

    def get(digest: str, _location: object) -> FoundImage:
        asked.append(digest)
        return FoundImage(JPEG, "image/jpeg", "kafka")

    monkeypatch.setattr(images._frames, "get", get)
    place = Place(sha256(JPEG).hexdigest(), None)
    assert images.show(place, Rendering()).data == JPEG
    assert images.show(place, Rendering(width=160)).data == images.show(place, Rendering(width=160)).data
    assert len(asked) == 1
    images.close()

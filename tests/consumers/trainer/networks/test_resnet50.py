"""ResNet50: its feature maps, and weights from a file."""

from pathlib import Path

import numpy as np
import pytest

from consumers.trainer.errors import WeightsError
from consumers.trainer.networks import resnet50

pytestmark = [
    pytest.mark.integration,
    # Keras 3.15 reads variables in a way that NumPy 2 asks TensorFlow 2.21 to change.
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"),
]


def test_feature_maps_lie_at_their_strides() -> None:
    model = resnet50.build_resnet50(64, 64)
    sides = {stride: model.get_layer(name).output.shape[1] for stride, name in resnet50.ENDPOINTS.items()}
    assert sides == {4: 16, 8: 8, 16: 4, 32: 2}


def test_weights_come_from_a_file_exactly(tmp_path: Path) -> None:
    one, other = resnet50.build_resnet50(32, 32), resnet50.build_resnet50(32, 32)
    path = tmp_path / "resnet50.weights.h5"
    one.save_weights(path)
    assert resnet50.load_imagenet(other, path) == path
    assert all(np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True))


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "resnet50.h5"
    path.write_bytes(b"not a file of weights")
    with pytest.raises(WeightsError, match="does not hold ResNet50 weights"):
        resnet50.load_imagenet(resnet50.build_resnet50(32, 32), path)


def test_without_a_file_it_stays_random(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resnet50, "cached_file", lambda: None)
    assert resnet50.load_imagenet(object()) is None

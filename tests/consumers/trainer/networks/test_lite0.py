"""The published weights map tensor by tensor, and the mapped network sees what it should."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from consumers.trainer.errors import WeightsError
from consumers.trainer.networks import lite0
from consumers.trainer.networks.checkpoint import StateDict, read_checkpoint
from tests.paths import SHARED_DATA

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(lite0.imagenet_file() is None, reason="the package of weights is not installed"),
]
# ImageNet's classes for what the photographs show: a screw; a nail, a hook, a buckle-like fastener are near it.
SCREW = 783
PHOTOGRAPHS = SHARED_DATA / "screws_missing" / "images"


@pytest.fixture(scope="module")
def state() -> StateDict:
    path = lite0.imagenet_file()
    assert path is not None
    return read_checkpoint(path)


@pytest.fixture(scope="module")
def network(state: StateDict) -> Any:
    model = lite0.build_lite0(with_classifier=True)
    lite0.load_weights(model, state)
    return model


def test_every_tensor_is_used_exactly_once(state: StateDict) -> None:
    used = [name for tensors in lite0.layer_sources(with_classifier=True).values() for name in tensors]
    assert len(used) == len(set(used))
    assert set(used) == {name for name in state if not name.endswith("num_batches_tracked")}


def test_every_weight_of_the_network_is_filled(network: Any, state: StateDict) -> None:
    sources = lite0.layer_sources(with_classifier=True)
    assert {layer.name for layer in network.layers if layer.weights} == set(sources)
    filled = sum(int(np.prod(state[name].shape)) for tensors in sources.values() for name in tensors)
    assert network.count_params() == filled == 4_694_024


def test_kernels_keep_their_meaning_when_axes_are_turned(network: Any, state: StateDict) -> None:
    stem = network.get_layer("stem_conv").get_weights()[0]
    assert np.array_equal(stem[1, 2, 0, 7], state["_conv_stem.weight"][7, 0, 1, 2])
    depthwise = network.get_layer("block_3_depthwise_conv").get_weights()[0]
    assert np.array_equal(depthwise[4, 1, 9, 0], state["_blocks.3._depthwise_conv.weight"][9, 0, 4, 1])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"_blocks.3._bn1.running_var": None}, "lack tensor"),
        ({"_extra.weight": np.zeros(3, np.float32)}, "another network"),
        ({"_conv_head.weight": np.zeros((1280, 300, 1, 1), np.float32)}, "has shape"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(
    state: StateDict, change: dict[str, NDArray[np.float32] | None], words: str
) -> None:
    changed = {name: value for name, value in (state | change).items() if value is not None}
    with pytest.raises(WeightsError, match=words):
        lite0.load_weights(lite0.build_lite0(32, 32), changed)


def _classes(network: Any, photograph: NDArray[np.uint8]) -> NDArray[np.float32]:
    rgb = cv2.cvtColor(cv2.resize(photograph, (224, 224), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2RGB)
    logits = network(((rgb.astype(np.float32) - lite0.MEAN) / lite0.SCALE)[np.newaxis], training=False)
    return np.asarray(logits, np.float32).reshape(-1)


@pytest.mark.skipif(not PHOTOGRAPHS.is_dir(), reason="the shared photographs are not beside the repository")
def test_photographs_of_screws_are_seen_as_screws(network: Any) -> None:
    paths: list[Path] = sorted(PHOTOGRAPHS.glob("*.jpg"))[:12]
    ranks, alike = [], []
    for path in paths:
        photograph = np.asarray(cv2.imread(str(path)), np.uint8)
        plain, mirrored = _classes(network, photograph), _classes(network, photograph[:, ::-1])
        ranks.append(int((plain > plain[SCREW]).sum()))
        alike.append(float(np.corrcoef(plain, mirrored)[0, 1]))
        assert np.isfinite(plain).all()
    assert np.median(ranks) <= 4  # of 1000 classes; weights that are mapped wrongly give ranks about 500
    assert min(alike) > 0.9

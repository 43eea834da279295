"""int8 takes the place of fp32 only when the gate lets it, and the gate's figures are recorded either way."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from consumers.inference.document import ModelDocument, Preprocessing
from consumers.trainer import classification_export
from consumers.trainer.classification_export import export_gated
from consumers.trainer.int8_gate import GateResult
from consumers.trainer.labelled_images import LabelledImages
from consumers.trainer.networks import lite0
from consumers.trainer.networks.classifier import build_classifier, set_head
from consumers.trainer.packaging import draft_document
from consumers.trainer.prepared_images import PreparedImages, prepare_images
from consumers.trainer.progress import silent
from consumers.trainer.provenance import lineage_of
from consumers.trainer.tensorflow_setup import seed_everything
from tests.consumers.trainer.drawing import LABELS

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def network(
    parts: LabelledImages, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Any, ModelDocument, PreparedImages]:
    seed_everything(0)
    model = build_classifier(lite0.build_lite0(64, 64), dict(lite0.ENDPOINTS), (8, 16), 3)
    lite0_width = int(model.get_layer("embedding").output.shape[-1])
    rng = np.random.default_rng(0)
    set_head(model, rng.normal(0, 0.05, (lite0_width, 3)).astype(np.float32), np.zeros(3, np.float32))
    steps = Preprocessing(mean=(127,) * 3, scale=(1 / 128,) * 3)
    document = draft_document(model, LABELS, steps, lineage_of("sha256:0", 0, {}))
    return model, document, prepare_images(parts.images, document, LABELS, tmp_path_factory.mktemp("pixels"))


def _gate(*, accepted: bool) -> GateResult:
    return GateResult(
        accepted=accepted, reasons=() if accepted else ("accuracy worse by 3.0 points",), accuracy_loss=0.03,
        macro_f1_loss=0.0, detection_loss=0.0, overkill_gain=0.0, agreement=0.97, largest_difference=0.1, images=6,
        agreement_images=30,
    )  # fmt: skip


@pytest.mark.parametrize(("accepted", "precision", "dtype"), [(True, "int8", "int8"), (False, "fp32", "float32")])
def test_the_gate_decides_the_precision(
    network: tuple[Any, ModelDocument, PreparedImages],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    accepted: bool,
    precision: str,
    dtype: str,
) -> None:
    monkeypatch.setattr(classification_export, "compare_precisions", lambda *_: _gate(accepted=accepted))
    exported = export_gated(*network, tmp_path / "model", int8=True, listen=silent)
    document = exported.artifact.document
    assert (document.runtime.precision, document.input.dtype) == (precision, dtype)
    assert document.lineage.metrics["int8_accepted"] == float(accepted)
    assert document.lineage.metrics["int8_agreement"] == 0.97
    assert bool(exported.warnings) is not accepted


def test_int8_is_not_made_unless_asked_for(network: tuple[Any, ModelDocument, PreparedImages], tmp_path: Path) -> None:
    exported = export_gated(*network, tmp_path / "model", int8=False, listen=silent)
    assert exported.gate is None
    assert "int8_accepted" not in exported.artifact.document.lineage.metrics
    assert exported.artifact.document.runtime.precision == "fp32"


def test_golden_images_are_no_test_images(network: tuple[Any, ModelDocument, PreparedImages], tmp_path: Path) -> None:
    _, _, images = network
    exported = export_gated(*network, tmp_path / "model", int8=False, listen=silent)
    untouched = {image.path.read_bytes() for image in images.images if image.split == "test"}
    golden = [exported.artifact.directory / image.file for image in exported.artifact.document.golden.images]
    assert golden
    assert not untouched & {path.read_bytes() for path in golden}
    assert msgspec.json.decode((exported.artifact.directory / "model.json").read_bytes())

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.trainer.report import TrainingReport


def _report(**changes: object) -> TrainingReport:
    values: dict[str, object] = {
        "kind": "classification",
        "name": "drum",
        "version": "3",
        "directory": "var/model",
        "digest": "sha256:" + "0" * 64,
        "precision": "fp32",
        "seed": 7,
        "images": {"train": {"good": 10, "scratch": 5}},
        "threshold": 0.4,
        "review_band": 0.05,
        "golden_images": 8,
        "golden_difference": 1e-6,
        "seconds": 12.5,
    }
    return TrainingReport(**{**values, **changes})  # type: ignore[arg-type]


@given(st.dictionaries(st.text(max_size=5), st.dictionaries(st.text(max_size=5), st.integers(0, 9))), st.text())
def test_a_report_survives_json(images: dict[str, dict[str, int]], warning: str) -> None:
    report = _report(images=images, warnings=(warning,))
    assert msgspec.json.decode(msgspec.json.encode(report), type=TrainingReport) == report


def test_what_was_not_measured_is_null_and_not_a_number() -> None:
    data = msgspec.to_builtins(_report())
    assert (data["validation"], data["test"], data["gate"]) == (None, None, None)


def test_a_report_can_not_be_changed() -> None:
    with pytest.raises(AttributeError):
        _report().seed = 8  # type: ignore[misc]

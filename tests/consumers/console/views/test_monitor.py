"""The monitor as the API tells it."""

from consumers.console.views.monitor import InspectionDetailView, InspectionView


def test_a_detail_is_an_inspection_and_more() -> None:
    more = set(InspectionDetailView.model_fields) - set(InspectionView.model_fields)
    assert more == {"frame", "labels", "task"}

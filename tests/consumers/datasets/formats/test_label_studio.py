"""Tasks of Label Studio."""

from pathlib import Path

from consumers.datasets.formats import FORMATS, AnnotatedImage, BadRow


def test_a_rotated_box_of_label_studio_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text(
        '[{"id": 5, "data": {"image": "/data/upload/1/a.png"}, "annotations": [{"result": [{"type": "rectanglelabels",'
        '"original_width": 10, "original_height": 10, "value": {"x": 1, "y": 1, "width": 50, "height": 50,'
        '"rotation": 30, "rectanglelabels": ["dent"]}}]}]}]'
    )
    (row,) = FORMATS["label-studio"].read(tmp_path / "t.json", None)
    assert isinstance(row, BadRow)
    assert "rotated" in row.reason
    assert "task 5" in row.where


def test_the_newest_annotation_that_was_not_cancelled_counts(tmp_path: Path) -> None:
    def said(label: str, at: str, *, cancelled: str) -> str:
        choice = f'{{"type": "choices", "value": {{"choices": ["{label}"]}}}}'
        return f'{{"updated_at": "{at}", "was_cancelled": {cancelled}, "result": [{choice}]}}'

    both = ", ".join((said("dent", "2", cancelled="false"), said("good", "1", cancelled="false")))
    address = '"data": {"image": "/data/local-files/?d=images/a%20b.png"}'
    third = said("scratch", "3", cancelled="true")
    (tmp_path / "t.json").write_text(
        f'[{{{address}, "annotations": [{both}, {third}]}}, {{"data": {{}}, "annotations": []}}]'
    )
    (row,) = FORMATS["label-studio"].read(tmp_path / "t.json", None)
    assert isinstance(row, AnnotatedImage)
    assert (row.file, row.label) == ("images/a b.png", "dent")

"""Lines of annotations.jsonl."""

from pathlib import Path

from consumers.datasets.formats import FORMATS, AnnotatedImage


def test_a_bad_row_names_its_line_and_the_rest_goes_on(tmp_path: Path) -> None:
    good = '{"file": "a.png", "label": "good", "boxes": [], "width": 4, "height": 4}'
    bad = '{"file": "b.png", "label": "dent", "boxes": [{"label": "dent", "x": 1, "y": 1, "w": 9, "h": 1}], '
    (tmp_path / "annotations.jsonl").write_text(f'{good}\nnonsense\n{bad}"width": 4, "height": 4}}\n')

    rows = list(FORMATS["jsonl"].read(tmp_path, None))

    assert isinstance(rows[0], AnnotatedImage)
    assert [
        str(row).startswith(f"{tmp_path / 'annotations.jsonl'}:{n}") for n, row in ((2, rows[1]), (3, rows[2]))
    ] == [
        True,
        True,
    ]


def test_other_keys_are_left_alone_and_a_group_is_a_part(tmp_path: Path) -> None:
    (tmp_path / "annotations.jsonl").write_text('\ufeff{"file": "a", "label": "good", "group": "g", "more": [1]}\n\n')
    (row,) = FORMATS["jsonl"].read(tmp_path, None)
    assert isinstance(row, AnnotatedImage)
    assert (row.file, row.part_id) == ("a", "g")

"""What a demo expects of its source."""

from pathlib import Path

from infra.demo.options import DemoOptions


def test_the_simulated_camera_gives_as_many_frames_as_asked() -> None:
    options = DemoOptions(source=None, frames=40, fps=10, out=Path("out"))
    assert (options.expected, options.annotated) == (40, False)


def test_a_folder_gives_its_files_and_teaches_when_it_is_annotated(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / "images" / name).write_bytes(b"x")
    options = DemoOptions(source=tmp_path, frames=40, fps=10, out=tmp_path / "out")
    assert (options.expected, options.annotated) == (2, False)
    (tmp_path / "annotations.jsonl").write_text("")
    assert options.annotated

"""What a person sees of a run."""

import io

from rich.console import Console

from consumers.trainer.progress import Progress
from consumers.trainer.progress_bar import ProgressBar, detail_of

_EPOCH = Progress(
    stage="fine-tune", step=4, steps=4, epoch=2, epochs=5, loss=0.25, metrics={"macro_f1": 0.9},
    images_per_second=20.4, seconds_left=61.0,
)  # fmt: skip


def test_a_report_becomes_one_short_text() -> None:
    assert detail_of(_EPOCH) == "epoch 2/5, loss 0.250, macro_f1 0.900, 20 images/s, 61 s left"
    assert detail_of(Progress(stage="export")) == ""


def test_stages_and_epochs_are_lines_where_there_is_no_terminal() -> None:
    text = io.StringIO()
    with ProgressBar(Console(file=text, width=100)) as bar:
        bar(Progress(stage="prepare", message="36 images"))
        bar(_EPOCH)
        bar(_EPOCH)
    written = text.getvalue()
    assert "reading images 36 images" in written
    assert written.count("fine-tuning") >= 1
    assert written.count("epoch 2/5: loss 0.250, macro f1 0.900") == 2

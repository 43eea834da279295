"""A bar a phase, on standard error, silent when asked."""

import pytest

from consumers.datasets.progress_bar import PhaseBar


@pytest.mark.parametrize("quiet", [True, False])
def test_phases_follow_each_other_and_standard_output_stays_clean(
    quiet: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    with PhaseBar(quiet=quiet) as bar:
        for phase in ("reading labels", "reading images"):
            for done in range(3):
                bar.show(phase, done, 2)
    assert capsys.readouterr().out == ""

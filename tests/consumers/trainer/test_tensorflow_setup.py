"""Noise of C++ libraries is held back, and shown when it explains a failure."""

import os
import subprocess
import sys

import pytest

from consumers.trainer.tensorflow_setup import quiet_stderr
from tests.paths import REPO


def test_noise_is_held_back(capfd: pytest.CaptureFixture[str]) -> None:
    with quiet_stderr():
        os.write(2, b"oneDNN custom operations are on\n")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"


def _fail_noisily() -> None:
    with quiet_stderr():
        os.write(2, b"no kernel for this operation\n")
        raise RuntimeError


def test_noise_is_shown_when_the_block_fails(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RuntimeError):
        _fail_noisily()
    assert "no kernel for this operation" in capfd.readouterr().err


def test_the_command_line_does_not_import_tensorflow() -> None:
    modules = ["cli", "labelled_images", "rules", "evaluate", "presets", "finetune", "classification", "weights"]
    lines = "\n".join(f"import consumers.trainer.{name}" for name in modules)
    code = f"{lines}\nimport sys\nassert not {{'tensorflow', 'keras'}} & set(sys.modules), 'imported too early'"
    subprocess.run([sys.executable, "-c", code], cwd=REPO, check=True)


@pytest.mark.integration
def test_importing_tensorflow_says_nothing() -> None:
    code = "from consumers.trainer.tensorflow_setup import keras, seed_everything\nseed_everything(3)\nkeras()"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPO, check=True, capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout == ""

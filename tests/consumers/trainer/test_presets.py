"""Presets by name."""

import pytest

from consumers.trainer.errors import UsageError
from consumers.trainer.presets import PRESETS, preset_named, with_epochs


def test_presets_are_found_by_name_and_others_refused() -> None:
    assert all(preset_named(name) is preset for name, preset in PRESETS.items())
    with pytest.raises(UsageError, match="quick, standard, demo, ci"):
        preset_named("slow")


def test_epochs_can_be_given() -> None:
    assert with_epochs(preset_named("quick"), 3).fine_tuning.epochs == 3
    assert with_epochs(preset_named("quick"), 3).side == preset_named("quick").side

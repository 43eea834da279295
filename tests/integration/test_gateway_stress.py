"""Many short runs of whole gateways, stalled and ended anywhere: every file is in Kafka, once, and counted."""

import random
from pathlib import Path

import pytest

from tests.conftest import Broker
from tests.integration.gateway_line import prepare
from tests.integration.gateway_stress import Trial, endure, stall, switching_often

pytestmark = pytest.mark.integration

QUICK, LONG = 6, 150  # trials, of two to four runs each
TRIALS_AN_EDGE = 15  # whoever checks a camera reads its whole partition


def run_trials(seeds: range, broker: Broker, folder: Path, unique: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """One trial a seed; returns how many runs of a gateway that were."""
    stall(monkeypatch, random.Random(seeds.start))
    runs = 0
    with switching_often():
        for seed in seeds:
            edge, camera = f"{unique}-{seed // TRIALS_AN_EDGE}", f"{unique}-{seed}"
            settings = prepare(broker.bootstrap_servers, folder / "var", edge)
            chance = random.Random(seed)
            trial = Trial(settings, edge, camera, folder / str(seed), chance)
            endure(trial, monkeypatch, chance)
            runs += trial.runs
    return runs


def test_nothing_is_lost_or_miscounted_in_a_few_runs(
    broker: Broker, tmp_path: Path, unique: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run_trials(range(QUICK), broker, tmp_path, unique, monkeypatch) >= 2 * QUICK


@pytest.mark.proof
@pytest.mark.timeout(3600)
def test_nothing_is_lost_or_miscounted_in_hundreds_of_runs(
    broker: Broker, tmp_path: Path, unique: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run_trials(range(1000, 1000 + LONG), broker, tmp_path, unique, monkeypatch) >= 2 * LONG

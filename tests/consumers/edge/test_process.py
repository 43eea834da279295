"""A process of an edge says at once when it can't start."""

import re
import threading
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from consumers.edge.errors import ModelUnusableError
from consumers.edge.process import Edge, EdgeOptions, default_instance
from consumers.inference.artifact import add_signature, signing_bytes
from infra.security import TrustStore, create_key, save_trust
from infra.settings import Settings
from schemas.errors import InvalidIdentifierError
from schemas.identifiers import checked_identifier
from tests.consumers.edge.brightness import brightness_artifact


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    # Nobody listens there: what is tested here fails before Kafka is needed.
    return Settings(bootstrap_servers="127.0.0.1:1", data_dir=tmp_path / "var", kafka={"log_level": "0"})


def edge(settings: Settings, model: Path, edge_id: str = "press-1") -> Edge:
    return Edge(settings, EdgeOptions(edge_id=edge_id, instance="one", model=model, threads=1), CollectorRegistry())


def test_the_default_instance_is_an_id_and_the_same_at_each_start() -> None:
    assert checked_identifier(default_instance(), "instance") == default_instance()


def test_an_id_that_cannot_be_one_is_refused(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(InvalidIdentifierError, match="Press 1"):
        edge(settings, tmp_path, "Press 1")


def test_a_folder_that_is_no_model_ends_it_at_once(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(ModelUnusableError, match=re.escape("model.json")):
        edge(settings, tmp_path).run(threading.Event())


def test_a_model_that_fails_its_golden_set_ends_it_at_once(settings: Settings, tmp_path: Path) -> None:
    brightness_artifact(tmp_path / "model", golden_score=0.3)

    with pytest.raises(ModelUnusableError, match="golden set"):
        edge(settings, tmp_path / "model").run(threading.Event())


def test_a_model_signed_by_a_key_that_is_not_trusted_ends_it_at_once(settings: Settings, tmp_path: Path) -> None:
    artifact = brightness_artifact(tmp_path / "model")
    stranger, trusted = create_key(tmp_path / "stranger"), create_key(tmp_path / "trusted")
    save_trust(settings.trusted_keys, TrustStore().with_key(trusted.public_key, 1))
    add_signature(artifact, stranger.sign(signing_bytes(artifact.digest)))

    with pytest.raises(ModelUnusableError, match="unknown here"):
        edge(settings, artifact.directory).run(threading.Event())

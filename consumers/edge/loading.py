"""From an artifact on disk to a standing model: opened, warmed up and proven on its golden set."""

from consumers.edge.errors import ModelUnusableError
from consumers.edge.slot import Standing
from consumers.edge.trimming import release_file_pages
from consumers.inference.artifact import Artifact
from consumers.inference.errors import InferenceError
from consumers.inference.golden import run_golden_set
from consumers.inference.predictor import Predictor
from schemas.records import EdgeConfig


def load_standing(
    artifact: Artifact,
    config: EdgeConfig,
    *,
    threads: int | None,
    maximum_pixels: int,
    revision: int = 0,
    rollout_id: str | None = None,
) -> Standing:
    """Load a model and prove it on this machine; ModelUnusableError says why it must not judge here."""
    try:
        predictor = Predictor(artifact, threads=threads, maximum_pixels=maximum_pixels)
        predictor.warm_up()
        report = run_golden_set(predictor)
    except (InferenceError, MemoryError, OSError) as error:
        raise ModelUnusableError(f"model {artifact.digest} can't run here: {error or type(error).__name__}") from error
    if not report.passed:
        predictor.close()
        shown = "; ".join(report.failures[:3])
        raise ModelUnusableError(
            f"model {artifact.digest} fails {len(report.failures)} checks of its golden set here: {shown}"
        )
    release_file_pages(artifact.runtime_file)
    return Standing(predictor=predictor, config=config, revision=revision, rollout_id=rollout_id, golden=report)

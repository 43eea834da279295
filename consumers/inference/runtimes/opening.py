"""Opens the runtime a model artifact names."""

import os

from consumers.inference.artifact import Artifact
from consumers.inference.runtimes.inferencer import Inferencer


def open_inferencer(artifact: Artifact, threads: int | None = None) -> Inferencer:
    """Load an artifact's model; `threads` overrides the document's (0 there: all cores this process may use).

    Runtimes are imported only here, when used. ModelRuntimeError when it is not installed or refuses the file.
    """
    count = threads or artifact.document.runtime.threads or usable_cores()
    if artifact.document.runtime.name == "litert":
        from consumers.inference.runtimes.litert import LiteRtInferencer

        return LiteRtInferencer(artifact, count)
    if artifact.document.runtime.name == "onnx":
        from consumers.inference.runtimes.onnx import OnnxInferencer

        return OnnxInferencer(artifact, count)
    from consumers.inference.rules.inferencer import RulesInferencer

    return RulesInferencer(artifact)


def usable_cores() -> int:
    """Return the number of cores this process may run on, at least 1 (os.sched_getaffinity is POSIX-only)."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)

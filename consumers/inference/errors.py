"""Every error the inference package raises."""

from consumers.errors import ConsumersError


class InferenceError(ConsumersError):
    """Base of all errors of `consumers.inference`: the message names the file or value and what to do."""


class ArtifactError(InferenceError):
    """A model artifact is malformed, tampered with or not for this program: do not run it, fetch or export it again."""


class DecodeError(InferenceError):
    """Bytes are no usable picture (empty, truncated, unknown format, too large): the frame's verdict is `error`."""


class RecipeError(InferenceError):
    """A rules recipe is not valid: correct the step that the message names by its index."""


class ModelRuntimeError(InferenceError):
    """A runtime is not installed, refused the model file, or failed while it ran: the frame's verdict is `error`."""

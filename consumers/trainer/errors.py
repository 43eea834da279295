"""The errors of the trainer: one base, and the few kinds a caller tells apart."""

from consumers.errors import ConsumersError


class TrainerError(ConsumersError):
    """Training, evaluation or export could not go on; the message says what to do about it (exit code 1)."""


class UsageError(TrainerError):
    """What was asked for can't be done as asked: no images, one class only, an unknown preset (exit code 2)."""


class DivergedError(TrainerError):
    """The loss stopped being a number; lower the learning rate or look for broken images."""


class WeightsError(TrainerError):
    """A file of pretrained weights is missing, damaged or for another network."""


class ExportError(TrainerError):
    """The exported model could not be made or does not agree with the trained one; nothing was written."""

"""The second step of training: all layers (BatchNorm frozen) at a small rate, steadied by averaging and early stop.

Plain fine-tuning on a few hundred images swings from epoch to epoch (macro-F1 0.46 to 0.94 on lgp_surface). Four things
hold it: a head fitted beforehand, warm-up and a cosine schedule, an exponential average of the weights that is what
gets validated and kept, and the choice of the epoch by the validation loss, which is steadier than counts of errors.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np

from consumers.trainer.augmentation import Augmentation
from consumers.trainer.errors import DivergedError
from consumers.trainer.head import class_weights, cross_entropy
from consumers.trainer.metrics import Indices, classification_figures
from consumers.trainer.network_outputs import Values, compile_forward, output_of
from consumers.trainer.networks.classifier import class_count, looks_at_places, places_grid, with_outputs
from consumers.trainer.places_head import MARGIN_SCALE, MARGIN_SHIFT
from consumers.trainer.prepared_images import Batch, PreparedImages, View
from consumers.trainer.progress import Listener, Progress, StageClock
from consumers.trainer.tensorflow_setup import keras, tensorflow

# Weight of the loss over places beside the loss over images.
PLACES_WEIGHT: Final = 1.0


class FineTuning(msgspec.Struct, frozen=True, kw_only=True):
    """How to fine-tune. `epochs` 0 leaves the frozen network as it is; `patience` epochs without gain end it early.

    `averaging` is the decay per step of the weights' average, `warm_up` a share of all steps.
    """

    epochs: int = 30
    batch: int = 16
    learning_rate: float = 5e-4
    warm_up: float = 0.1
    weight_decay: float = 1e-4
    label_smoothing: float = 0.05
    averaging: float = 0.97
    patience: int = 10


@dataclass(frozen=True, slots=True)
class EpochResult:
    """What an epoch came to: mean training loss (None before the first), the averaged weights' validation figures."""

    epoch: int
    loss: float | None
    validation_loss: float
    macro_f1: float


def scheduled_rate(step: int, steps: int, how: FineTuning) -> float:
    """The learning rate of a step: a linear warm-up over the first share, then half a cosine down to zero."""
    warm = max(1, round(steps * how.warm_up))
    if step < warm:
        return how.learning_rate * (step + 1) / warm
    return how.learning_rate * 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


class FineTuner:
    """One fine-tuning run over a classifier whose head is fitted already; not to be shared between threads."""

    def __init__(self, model: Any, images: PreparedImages, how: FineTuning, augmentation: Augmentation, seed: int):
        """Compile the training step; the model is changed in place by `run`."""
        self._model, self._images, self._how = model, images, how
        self._augmentation, self._seed = augmentation, seed
        self._rows, self._validation = images.rows("train"), images.rows("validation")
        self._classes, self._grid = class_count(model), places_grid(model)
        self._weights = class_weights(images.classes[self._rows], self._classes)
        self._steps_per_epoch = max(1, len(self._rows) // how.batch)
        self._optimizer = keras().optimizers.AdamW(how.learning_rate, weight_decay=how.weight_decay, clipnorm=1.0)
        self._variables = model.trainable_variables
        self._optimizer.build(self._variables)
        self._step = self._compile_step()
        self._forward = compile_forward(model)
        self._average: list[Values] = [variable.numpy() for variable in self._variables]

    def run(self, listen: Listener) -> list[EpochResult]:
        """Train until the epochs or the patience end; the model is left with the best averaged weights.

        Raises DivergedError when a loss is not finite.
        """
        history = [self._starting_point()]
        best, best_loss = self._average, history[0].validation_loss
        clock = StageClock(self._how.epochs * self._steps_per_epoch * self._how.batch)
        for epoch in range(1, self._how.epochs + 1):
            result = self._epoch(epoch, clock, listen)
            history.append(result)
            if result.validation_loss < best_loss:
                best, best_loss = [value.copy() for value in self._average], result.validation_loss
            if epoch - self._best_epoch(history) >= self._how.patience:
                break
        self._assign(best)
        return history

    def _starting_point(self) -> EpochResult:
        loss, macro_f1 = self._validate()
        return EpochResult(0, None, loss, macro_f1)

    @staticmethod
    def _best_epoch(history: list[EpochResult]) -> int:
        return min(history, key=lambda result: result.validation_loss).epoch

    def _epoch(self, epoch: int, clock: StageClock, listen: Listener) -> EpochResult:
        losses = []
        view = View(how=self._augmentation, seed=self._seed * 1000 + epoch, grid=self._grid)
        for step, batch in enumerate(self._images.batches(self._order(epoch), self._how.batch, view)):
            losses.append(self._train(batch, (epoch - 1) * self._steps_per_epoch + step))
            rate, left = clock.add(len(batch.classes))
            listen(
                Progress(
                    stage="fine-tune",
                    step=step + 1,
                    steps=self._steps_per_epoch,
                    epoch=epoch,
                    epochs=self._how.epochs,
                    loss=losses[-1],
                    images_per_second=rate,
                    seconds_left=left,
                )
            )
        trained = [variable.numpy() for variable in self._variables]
        self._assign(self._average)
        loss, macro_f1 = self._validate()
        self._assign(trained)
        mean = float(np.mean(losses))
        listen(
            Progress(
                stage="fine-tune",
                step=self._steps_per_epoch,
                steps=self._steps_per_epoch,
                epoch=epoch,
                epochs=self._how.epochs,
                loss=mean,
                metrics={"validation_loss": loss, "macro_f1": macro_f1},
            )
        )
        return EpochResult(epoch, mean, loss, macro_f1)

    def _order(self, epoch: int) -> Indices:
        """The rows in this epoch's order, cut or repeated to whole batches: one trace, no odd batch."""
        rows = np.random.default_rng((self._seed, epoch)).permutation(self._rows)
        return np.resize(rows, self._steps_per_epoch * self._how.batch)

    def _train(self, batch: Batch, step: int) -> float:
        self._optimizer.learning_rate.assign(scheduled_rate(step, self._how.epochs * self._steps_per_epoch, self._how))
        weights = self._weights[batch.classes].astype(np.float32)
        loss = float(self._step(batch.images, batch.classes, weights, batch.places.astype(np.int32)))
        if not math.isfinite(loss):
            raise DivergedError(
                f"the loss became {loss} at step {step}; lower the learning rate ({self._how.learning_rate}) or look "
                "for broken images. Nothing was written."
            )
        # Early averages would remember the start for too long: the decay grows with the steps seen.
        decay = min(self._how.averaging, (1 + step) / (10 + step))
        self._average = [
            decay * average + (1 - decay) * variable.numpy()
            for average, variable in zip(self._average, self._variables, strict=True)
        ]
        return loss

    def _assign(self, values: list[Values]) -> None:
        for value, variable in zip(values, self._variables, strict=True):
            variable.assign(value)

    def _validate(self) -> tuple[float, float]:
        rows = self._validation if len(self._validation) else self._rows
        logits = output_of(self._forward, "logits", self._images, rows)
        labels = self._images.classes[rows]
        names = tuple(str(index) for index in range(self._classes))
        figures = classification_figures(labels, logits.argmax(axis=1), names)
        return cross_entropy(logits, labels, class_weights(labels, self._classes)), figures.macro_f1

    def _compile_step(self) -> Callable[[Any, Any, Any, Any], Any]:
        tf, variables, optimizer = tensorflow(), self._variables, self._optimizer
        classes, smoothing, at_places = self._classes, self._how.label_smoothing, looks_at_places(self._model)
        layers = {"logits": "logits"} | ({"margins": "margins"} if at_places else {})
        network = with_outputs(self._model, **layers)

        @tf.function  # type: ignore[untyped-decorator]
        def step(inputs: Any, labels: Any, weights: Any, places: Any) -> Any:
            targets = tf.one_hot(labels, classes) * (1 - smoothing) + smoothing / classes
            with tf.GradientTape() as tape:
                outputs = network(inputs, training=True)
                per_image = tf.nn.softmax_cross_entropy_with_logits(labels=targets, logits=outputs["logits"])
                loss = tf.reduce_mean(per_image * weights)
                if at_places:
                    loss += PLACES_WEIGHT * places_loss(outputs["margins"], places)
            optimizer.apply(tape.gradient(loss, variables), variables)
            return loss

        return step  # type: ignore[no-any-return]


def places_loss(margins: Any, places: Any) -> Any:
    """Cross-entropy over the places of a batch: half from defective places, half from good ones, none from unknown.

    `margins` (batch, rows, columns, classes - 1) as the layer of that name gives them, `places` (batch, rows, columns)
    int32 with -1 for unknown. Returns a scalar in nats.
    """
    tf = tensorflow()
    over_good = (margins - MARGIN_SHIFT) / MARGIN_SCALE
    logits = tf.concat([tf.zeros_like(over_good[..., :1]), over_good], axis=-1)
    loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.maximum(places, 0), logits=logits)
    parts = []
    for chosen in (places > 0, tf.equal(places, 0)):
        mask = tf.cast(chosen, tf.float32)
        parts.append(tf.reduce_sum(loss * mask) / tf.maximum(tf.reduce_sum(mask), 1.0))
    return (parts[0] + parts[1]) / 2

"""Runs a model's golden set where it is to work, and compares with what its trainer saw."""

from dataclasses import dataclass

from consumers.inference.document import GoldenImage
from consumers.inference.errors import InferenceError
from consumers.inference.predictor import Prediction, Predictor


@dataclass(frozen=True, slots=True)
class GoldenReport:
    """Outcome of a golden set: the largest difference of any score, and one sentence a failure."""

    images: int
    largest_difference: float
    tolerance: float
    failures: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """True when every picture was judged alike; an empty golden set passes with `images` 0."""
        return not self.failures


def run_golden_set(predictor: Predictor) -> GoldenReport:
    """Judge every golden picture of the predictor's artifact; a picture that cannot be judged is a failure."""
    golden = predictor.artifact.document.golden
    largest, failures = 0.0, list[str]()
    for image in golden.images:
        try:
            prediction = predictor.predict((predictor.artifact.directory / image.file).read_bytes())
        except (InferenceError, OSError) as error:
            failures.append(f"{image.file}: {error}")
            continue
        difference = _difference(prediction, image)
        largest = max(largest, difference)
        failures += _disagreements(prediction, image, difference, golden.tolerance)
    return GoldenReport(
        images=len(golden.images), largest_difference=largest, tolerance=golden.tolerance, failures=tuple(failures)
    )


def expectation(file: str, prediction: Prediction) -> GoldenImage:
    """Record what a model says of a picture as what its golden set expects from now on."""
    return GoldenImage(file=file, label=prediction.label, score=prediction.score, scores=prediction.scores)


def _difference(prediction: Prediction, image: GoldenImage) -> float:
    pairs = [(prediction.score, image.score)]
    pairs += [(prediction.scores.get(name, 0.0), expected) for name, expected in image.scores.items()]
    return max(abs(got - expected) for got, expected in pairs)


def _disagreements(prediction: Prediction, image: GoldenImage, difference: float, tolerance: float) -> list[str]:
    found = []
    if difference > tolerance:
        found.append(f"{image.file}: scores differ by {difference:.4g}, more than {tolerance:g}")
    if prediction.label != image.label:
        found.append(f"{image.file}: label {prediction.label!r}, expected {image.label!r}")
    return found

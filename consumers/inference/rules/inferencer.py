"""A recipe behind the `Inferencer` protocol, so that an edge runs rules like any network."""

import numpy as np
from numpy.typing import NDArray

from consumers.inference.artifact import Artifact
from consumers.inference.errors import ArtifactError, ModelRuntimeError, RecipeError
from consumers.inference.rules.execution import Progress, execute
from consumers.inference.rules.measures import Template
from consumers.inference.rules.measuring import decode_template
from consumers.inference.rules.recipe import Recipe, decode_recipe
from consumers.inference.runtimes.inferencer import Tensor, check_shape, shape_of

_MAXIMUM_RECIPE_BYTES = 16 * 1024 * 1024


class RulesInferencer:
    """Runs the recipe of an artifact; outputs are those the document names, in its order."""

    def __init__(self, artifact: Artifact) -> None:
        document = artifact.document
        self._spec = document.input
        self._columns = {name: column for column, name in enumerate(document.class_names)}
        self._meanings = [output.meaning for output in document.outputs]
        self.recipe = _load_recipe(artifact)
        if unknown := set(self.recipe.class_names) - set(self._columns):
            raise ArtifactError(f"{artifact.runtime_file}: scores {sorted(unknown)}, which model.json does not name")

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Shape of one working picture: (height, width, channels)."""
        return shape_of(self._spec)

    def infer(self, batch: Tensor) -> tuple[Tensor, ...]:
        """Run the recipe on each working picture, uint8 (n, height, width, channels); see `Inferencer`.

        Outputs: `scores` (n, classes); `boxes` (1, k, 4) and `box-scores` (1, k, classes) for a batch of 1 only.
        """
        check_shape(batch, self._spec)
        if batch.dtype != np.uint8:
            raise ModelRuntimeError(f"a recipe takes uint8 pictures, not {batch.dtype}")
        try:
            results = [execute(self.recipe, picture) for picture in batch]
        except RecipeError as error:
            raise ModelRuntimeError(f"the recipe failed: {error}") from error
        return tuple(self._output(meaning, results) for meaning in self._meanings)

    def close(self) -> None:
        """Nothing to free."""

    def _output(self, meaning: str, results: list[Progress]) -> NDArray[np.float32]:
        if meaning == "scores":
            table = np.zeros((len(results), len(self._columns)), np.float32)
            for row, result in enumerate(results):
                for name, score in result.scores.items():
                    table[row, self._columns[name]] = score
            return table
        if len(results) != 1:
            raise ModelRuntimeError("a recipe with boxes takes one picture at a time")
        boxes = results[0].boxes
        if meaning == "boxes":
            places = [(box.x, box.y, box.width, box.height) for box in boxes]
            return np.asarray(places, np.float32).reshape(1, len(boxes), 4)
        table = np.zeros((1, len(boxes), len(self._columns)), np.float32)
        for row, box in enumerate(boxes):
            table[0, row, self._columns[box.class_name]] = box.score
        return table


def _load_recipe(artifact: Artifact) -> Recipe:
    path = artifact.runtime_file
    if path.stat().st_size > _MAXIMUM_RECIPE_BYTES:
        raise ArtifactError(f"{path}: {path.stat().st_size} bytes, more than {_MAXIMUM_RECIPE_BYTES}")
    try:
        recipe = decode_recipe(path.read_bytes())
        for step in recipe.steps:
            if isinstance(step, Template):
                decode_template(step.png)
    except RecipeError as error:
        raise ArtifactError(f"{path}: {error}") from error
    return recipe

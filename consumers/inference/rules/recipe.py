"""A recipe: steps in order, and which of their parameters a search may change. Read from JSON, nothing is evaluated."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from consumers.inference.errors import RecipeError
from consumers.inference.rules.measures import Contours, Measure, MeasureStep
from consumers.inference.rules.steps import Combine, Keep, Normalise, PictureStep, Recall

FORMAT_VERSION = 1
AnyStep = PictureStep | MeasureStep


class Parameter(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A number a search may change: `name` is `<step index>.<field>`, from `low` to `high` (both allowed) by `step`."""

    name: Annotated[str, Meta(pattern=r"^\d+\.[a-z_]+$")]
    low: float
    high: float
    step: Annotated[float, Meta(gt=0)]


class Recipe(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A checked recipe. `space` is what `linewatch train --kind rules` searches."""

    title: Annotated[str, Meta(max_length=200)] = ""
    steps: Annotated[tuple[AnyStep, ...], Meta(min_length=1, max_length=200)]
    space: Annotated[tuple[Parameter, ...], Meta(max_length=200)] = ()
    format_version: int = FORMAT_VERSION

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes the recipe scores, in order of first mention."""
        return tuple(dict.fromkeys(step.class_name for step in self.steps if isinstance(step, Measure)))

    def value(self, name: str) -> float:
        """Return the present value of a parameter of the space, by name."""
        index, field = _split(name, len(self.steps))
        return float(getattr(self.steps[index], field))


class _Outline(Struct, forbid_unknown_fields=True):
    """A recipe whose steps are not parsed yet, so that an error can tell which one is wrong."""

    steps: list[msgspec.Raw]
    title: str = ""
    space: list[msgspec.Raw] = []
    format_version: int = FORMAT_VERSION


def decode_recipe(content: bytes) -> Recipe:
    """Parse and check a recipe. RecipeError names the step by index (from 0) and what is wrong with it."""
    try:
        outline = msgspec.json.decode(content, type=_Outline)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RecipeError(f"not a recipe: {error}") from error
    if outline.format_version != FORMAT_VERSION:
        raise RecipeError(f"recipe has format_version {outline.format_version}, this program reads {FORMAT_VERSION}")
    try:
        recipe = Recipe(
            title=outline.title,
            steps=tuple(_decode_step(index, raw) for index, raw in enumerate(outline.steps)),
            space=tuple(msgspec.json.decode(raw, type=Parameter) for raw in outline.space),
        )
        # Built by hand, so limits on title and numbers of steps are checked by one more round.
        checked = msgspec.convert(msgspec.to_builtins(recipe), Recipe)
    except msgspec.ValidationError as error:
        raise RecipeError(f"recipe: {error}") from error
    _check(checked)
    return checked


def encode_recipe(recipe: Recipe) -> bytes:
    """Return a recipe as indented JSON; `decode_recipe` gives it back."""
    return msgspec.json.format(msgspec.json.encode(recipe), indent=2) + b"\n"


def with_values(recipe: Recipe, values: Mapping[str, float]) -> Recipe:
    """Return the recipe with parameters changed, by name; RecipeError when a name or value is not allowed there.

    Whole-number fields take the nearest whole number.
    """
    steps: list[Any] = list(msgspec.to_builtins(recipe.steps, builtin_types=(bytes,)))
    for name, value in values.items():
        index, field = _split(name, len(steps))
        if isinstance(steps[index].get(field), bool) or not isinstance(steps[index].get(field), int | float):
            raise RecipeError(f"parameter {name}: step {index} ({steps[index]['step']}) has no number {field!r}")
        steps[index][field] = round(value) if isinstance(steps[index][field], int) else float(value)
    changed = tuple(_convert_step(index, step) for index, step in enumerate(steps))
    result = msgspec.structs.replace(recipe, steps=changed)
    _check(result)
    return result


def _decode_step(index: int, raw: msgspec.Raw) -> AnyStep:
    try:
        step: AnyStep = msgspec.json.decode(raw, type=AnyStep)
    except msgspec.DecodeError as error:
        raise RecipeError(f"step {index}: {error}") from error
    return step


def _convert_step(index: int, step: dict[str, Any]) -> AnyStep:
    try:
        converted: AnyStep = msgspec.convert(step, AnyStep, builtin_types=(bytes,))
    except msgspec.ValidationError as error:
        raise RecipeError(f"step {index} ({step['step']}): {error}") from error
    return converted


def _split(name: str, steps: int) -> tuple[int, str]:
    index, _, field = name.partition(".")
    if not index.isascii() or not index.isdigit() or int(index) >= steps:
        raise RecipeError(f"parameter {name!r} is not <step index>.<field> of a recipe with {steps} steps")
    return int(index), field


def _check(recipe: Recipe) -> None:
    """Check what holds between steps: names kept before use, a measure somewhere, ramps and limits the right way."""
    kept = {"source"}
    for index, step in enumerate(recipe.steps):
        where = f"step {index} ({type(step).__struct_config__.tag})"
        if isinstance(step, Keep):
            kept.add(step.name)
        used = step.name if isinstance(step, Recall | Combine) else step.of if isinstance(step, Contours) else None
        if used is not None and used not in kept:
            raise RecipeError(f"{where}: nothing is kept as {used!r} before it, only {sorted(kept)}")
        if isinstance(step, Normalise) and step.low >= step.high:
            raise RecipeError(f"{where}: low {step.low:g} must be less than high {step.high:g}")
        if isinstance(step, Measure) and step.zero_at == step.one_at:
            raise RecipeError(f"{where}: zero_at and one_at are both {step.one_at:g}; a ramp needs two values")
        if isinstance(step, Contours) and step.measure == "strength" and step.of is None:
            raise RecipeError(f"{where}: measure strength needs `of`, the name of a kept picture")
    if not recipe.class_names:
        raise RecipeError("recipe has no measure step, so it scores no class")
    for parameter in recipe.space:
        if parameter.low > parameter.high:
            raise RecipeError(f"parameter {parameter.name}: low {parameter.low:g} is above high {parameter.high:g}")
        _check_parameter(recipe, parameter)


def _check_parameter(recipe: Recipe, parameter: Parameter) -> None:
    index, field = _split(parameter.name, len(recipe.steps))
    value = getattr(recipe.steps[index], field, None)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RecipeError(f"parameter {parameter.name}: step {index} has no number {field!r}")

"""Label Studio's JSON ("Label Studio JSON format of annotated tasks"): a list of tasks, boxes in per cent of the image.

A box is a `rectanglelabels` result: x = 100 * x / original_width, and so on; the class of the whole image is a
`choices` result. Of several annotations of a task the newest that was not cancelled counts. Rotated boxes are refused:
a whole-pixel box can't hold them.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, quote, unquote, urlsplit

import msgspec

from consumers.datasets.errors import LabelFileError
from consumers.datasets.formats.annotated import (
    AnnotatedImage,
    BadRow,
    BadRowError,
    known_size,
    label_of_boxes,
    whole_box,
)
from schemas.records import Box

FILE: Final = "label-studio.json"
_LOCAL: Final = "/data/local-files/?d="
_FULL: Final = 100.0


class _Result(msgspec.Struct, frozen=True, kw_only=True):
    type: str
    value: dict[str, Any]
    original_width: int = 0
    original_height: int = 0
    image_rotation: float = 0


class _Annotation(msgspec.Struct, frozen=True, kw_only=True):
    result: list[_Result]
    was_cancelled: bool = False
    updated_at: str = ""
    id: int = 0


class _Task(msgspec.Struct, frozen=True, kw_only=True):
    data: dict[str, Any]
    annotations: list[_Annotation]


def write(images: Sequence[AnnotatedImage], folder: Path) -> None:
    """Write `label-studio.json` into a folder; its images are named as files of Label Studio's local storage."""
    tasks = [_task(number, image) for number, image in enumerate(images, start=1)]
    (folder / FILE).write_bytes(msgspec.json.format(msgspec.json.encode(tasks), indent=1))


def _task(number: int, image: AnnotatedImage) -> dict[str, Any]:
    width, height = known_size(image)
    common = {"to_name": "image", "original_width": width, "original_height": height, "image_rotation": 0}
    results: list[dict[str, Any]] = []
    if image.label is not None:
        choice = {"choices": [image.label]}
        results.append({"id": f"{number}-class", "from_name": "class", "type": "choices", "value": choice, **common})
    for place, box in enumerate(image.boxes):
        value = {
            "x": _FULL * box.x / width,
            "y": _FULL * box.y / height,
            "width": _FULL * box.w / width,
            "height": _FULL * box.h / height,
            "rotation": 0,
            "rectanglelabels": [box.label],
        }
        result = {"id": f"{number}-{place}", "from_name": "boxes", "type": "rectanglelabels", "value": value}
        results.append({**result, **common})
    data = {"image": _LOCAL + quote(image.file), "width": width, "height": height}
    data |= {"frame_id": image.frame_id} if image.frame_id else {}
    return {"id": number, "data": data, "annotations": [{"id": number, "was_cancelled": False, "result": results}]}


def read(path: Path, _images: Path | None) -> Iterator[AnnotatedImage | BadRow]:
    """Every task that somebody annotated. LabelFileError when the file is no list of tasks."""
    path = path / FILE if path.is_dir() else path
    try:
        tasks = msgspec.json.decode(path.read_bytes(), type=list[dict[str, Any]])
    except (msgspec.MsgspecError, UnicodeDecodeError, OSError) as error:
        raise LabelFileError(f"{path} is no list of Label Studio tasks: {error}") from error
    for number, raw in enumerate(tasks):
        where = f"{path}, task {raw.get('id', number)}"
        try:
            image = _image(msgspec.convert(raw, _Task), where)
        except (msgspec.MsgspecError, BadRowError) as error:
            yield BadRow(where, str(error))
        else:
            if image is not None:
                yield image


def _image(task: _Task, where: str) -> AnnotatedImage | None:
    done = [one for one in task.annotations if not one.was_cancelled]
    if not done:
        return None
    results = max(done, key=lambda one: (one.updated_at, one.id)).result
    file = _file(task.data.get("image"))
    sizes = {(one.original_width, one.original_height) for one in results if one.original_width} or {_said(task)}
    if len(sizes) > 1:
        raise BadRowError(f"its results speak of several image sizes: {sorted(sizes)}")
    width, height = sizes.pop()
    boxes = tuple(_box(one, width, height) for one in results if one.type in ("rectanglelabels", "rectangle"))
    choices = [choice for one in results if one.type == "choices" for choice in one.value.get("choices", ())]
    if len(choices) > 1:
        raise BadRowError(f"an image has one class here, not {choices}")
    frame_id = task.data.get("frame_id")
    return AnnotatedImage(
        file=file,
        label=str(choices[0]) if choices else label_of_boxes(boxes),
        boxes=boxes,
        width=width,
        height=height,
        where=where,
        frame_id=frame_id if isinstance(frame_id, str) else None,
    )


def _said(task: _Task) -> tuple[int, int]:
    width, height = task.data.get("width", 0), task.data.get("height", 0)
    return (width, height) if isinstance(width, int) and isinstance(height, int) else (0, 0)


def _box(result: _Result, width: int, height: int) -> Box:
    value = result.value
    if value.get("rotation") or result.image_rotation:
        raise BadRowError("a rotated box can't be held in whole pixels: draw it upright")
    labels: list[object] = list(value.get("rectanglelabels") or [])
    if len(labels) != 1:
        raise BadRowError(f"a box has one class here, not {labels}")
    try:
        x, y, w, h = (float(value[name]) for name in ("x", "y", "width", "height"))
    except (KeyError, TypeError, ValueError) as error:
        raise BadRowError(f"a box lacks x, y, width or height: {value}") from error
    left, right = x * width / _FULL, (x + w) * width / _FULL
    top, bottom = y * height / _FULL, (y + h) * height / _FULL
    return whole_box(str(labels[0]), left, top, right, bottom, width, height)


def _file(address: object) -> str:
    """The file that a task's image address names: of local storage, uploaded, or any other."""
    if not isinstance(address, str) or not address:
        raise BadRowError("data.image is missing")
    parts = urlsplit(address)
    if "d" in (query := parse_qs(parts.query)):
        return query["d"][0]
    return unquote(parts.path).lstrip("/")

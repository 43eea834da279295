"""Prints what Datumaro reads of a folder, as JSON; run by the Python of Datumaro's own environment, never imported."""

import json
import sys

import datumaro  # type: ignore[import-not-found]


def main(folder: str, form: str) -> None:
    """One entry an image: its name, width and height, and its boxes as class, x, y, w, h."""
    dataset = datumaro.Dataset.import_from(folder, form)
    names = dataset.categories()[datumaro.AnnotationType.label]
    found = {}
    for item in dataset:
        boxes = [
            [names[one.label].name, one.x, one.y, one.w, one.h]
            for one in item.annotations
            if one.type == datumaro.AnnotationType.bbox
        ]
        height, width = item.media.size
        found[item.id] = {"size": [width, height], "boxes": sorted(boxes)}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])

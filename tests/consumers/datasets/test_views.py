"""A dataset at a glance."""

from rich.console import Console

from consumers.datasets.views import dataset_json, datasets_table, print_dataset
from tests.consumers.datasets.test_manifest import image, manifest
from tests.consumers.datasets.test_registry import NEW, OLD


def shown(*what: object) -> str:
    console = Console(width=200, record=True, quiet=False, file=None)
    with console.capture() as captured:
        console.print(*what)
    return captured.get()


def test_the_newest_dataset_comes_first() -> None:
    text = shown(datasets_table([OLD, NEW]))
    assert text.index("sha256:0123ffff") < text.index("sha256:0123abcd")


def test_everything_a_person_asks_of_a_dataset_is_said() -> None:
    console = Console(width=120, force_terminal=False)
    with console.capture() as captured:
        print_dataset(console, "plates", manifest(image(1), image(2, split="test"), image(3, label=None)))
    text = captured.get()
    for said in ("dent", "(unlabeled)", "ann (2)", "2 single", "no image was labeled twice", "1 disputed", "gone"):
        assert said in text, said


def test_json_has_the_time_in_words() -> None:
    assert dataset_json(OLD)["built_at"] == "1970-01-01T00:00:00.000001Z"

"""Named training recipes: how large the input, which features, how long."""

from typing import Final

import msgspec

from consumers.trainer.augmentation import NO_AUGMENTATION, Augmentation
from consumers.trainer.errors import UsageError
from consumers.trainer.finetune import FineTuning


class Preset(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that decides a classification run but the data, the backbone and the seed.

    `side` is the input's height and width in pixels, `strides` the feature maps the classifier reads, `views` how many
    augmented views of each training image the frozen head is fitted on (beside the plain one), `int8` whether that is
    tried.
    """

    side: int
    strides: tuple[int, ...]
    views: int
    fine_tuning: FineTuning
    augmentation: Augmentation = Augmentation()
    int8: bool = True


PRESETS: Final = {
    # On lgp_surface: macro-F1 0.96 to 1.0 on the images left out, in 3 to 6 minutes on two shared cores.
    "quick": Preset(side=224, strides=(8, 16), views=3, fine_tuning=FineTuning(epochs=20)),
    "standard": Preset(side=288, strides=(8, 16), views=4, fine_tuning=FineTuning(epochs=60, patience=15)),
    # Under a minute, for a few hundred simple pictures.
    "demo": Preset(side=224, strides=(8, 16), views=1, fine_tuning=FineTuning(epochs=0), int8=False),
    # Seconds: frozen features and a head, to see that everything runs.
    "ci": Preset(
        side=96, strides=(8, 16), views=0, fine_tuning=FineTuning(epochs=0), augmentation=NO_AUGMENTATION, int8=False
    ),
}


def preset_named(name: str) -> Preset:
    """The preset of that name; UsageError lists those there are."""
    if name not in PRESETS:
        raise UsageError(f"unknown preset {name!r}; there are {', '.join(PRESETS)}")
    return PRESETS[name]


def with_epochs(preset: Preset, epochs: int) -> Preset:
    """The preset with another number of epochs of fine-tuning."""
    return msgspec.structs.replace(preset, fine_tuning=msgspec.structs.replace(preset.fine_tuning, epochs=epochs))

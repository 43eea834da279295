"""ResNet50 (He et al., "Deep Residual Learning for Image Recognition", CVPR 2016) as keras.applications has it.

Its ImageNet weights are in no package: they come from a file (`linewatch weights import`), from Keras' own cache where
a machine once had a network, or not at all, and then the network starts from random numbers.
"""

from pathlib import Path
from typing import Any, Final

from consumers.trainer.errors import WeightsError
from consumers.trainer.tensorflow_setup import keras

# Input = pixel - mean, in BGR order, of pixels 0..255: the "caffe" preprocessing of the published weights.
MEAN_BGR: Final = (103.939, 116.779, 123.68)
ENDPOINTS: Final = {4: "conv2_block3_out", 8: "conv3_block4_out", 16: "conv4_block6_out", 32: "conv5_block3_out"}
CACHE_FILE: Final = "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5"


def build_resnet50(height: int = 224, width: int = 224, *, with_classifier: bool = False) -> Any:
    """The network with random weights: (batch, height, width, 3) BGR minus mean -> (batch, height/32, width/32, 2048).

    With `with_classifier`, 1000 probabilities instead (224 x 224 only).
    """
    return keras().applications.ResNet50(weights=None, include_top=with_classifier, input_shape=(height, width, 3))


def cached_file() -> Path | None:
    """The file that Keras once downloaded on this machine, if it did."""
    path = Path(keras().config.keras_home()) / "models" / CACHE_FILE
    return path if path.is_file() else None


def load_imagenet(model: Any, file: Path | None = None) -> Path | None:
    """Fill the network from `file` (.h5 or .weights.h5, with or without the classifier), else from Keras' cache.

    None when there is neither: the network keeps its random weights. Raises WeightsError when the file does not fit.
    """
    path = file or cached_file()
    if path is None:
        return None
    try:
        # By name: a file with the classifier fits a network without it.
        by_name = path.suffix == ".h5" and not path.name.endswith(".weights.h5")
        model.load_weights(path, **({"by_name": True} if by_name else {}))
    except (OSError, ValueError, KeyError) as error:
        raise WeightsError(f"{path} does not hold ResNet50 weights: {str(error).splitlines()[0]}") from error
    return path

"""The edge: frames in, verdicts out, on a factory PC without TensorFlow."""

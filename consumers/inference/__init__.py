"""Judging images: model artifacts, decoding, pre- and post-processing, runtimes and OpenCV rules.

One implementation for the edge, the trainer and `linewatch inspect`; it never imports TensorFlow.
"""

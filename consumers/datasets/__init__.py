"""Datasets: frame images by content hash, label history, manifests, label formats. Shared by the parts of consumers."""

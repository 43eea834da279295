"""The archive: images of labeling tasks and all inspections, kept for longer than in Kafka; care of the blobs."""

"""Labeling: leases of tasks, drafts, answers that reach Kafka exactly once, corrections, progress."""

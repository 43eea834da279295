"""The labeling queue: which frames people are asked about, in which order, how often, and how well they agree."""

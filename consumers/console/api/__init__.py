"""The HTTP API, one router a page."""

"""Prometheus: what is scraped, which rules are evaluated, and a real server for one machine."""

"""Grafana: the dashboards, and keeping a Grafana in step with them."""

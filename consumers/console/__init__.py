"""The web console: one place where people label, watch, build datasets and look after edges."""

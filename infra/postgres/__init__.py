"""A private PostgreSQL for tests and for trying things out; a plant brings its own."""

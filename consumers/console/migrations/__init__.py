"""Alembic migrations, run when the console starts."""

"""What Alembic runs; only ever called with a connection, by consumers.console.migrating."""

from alembic import context

from consumers.console.tables.every import METADATA

connection = context.config.attributes["connection"]
# Batch mode: SQLite can't alter a table and copies it instead.
context.configure(connection=connection, target_metadata=METADATA, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()

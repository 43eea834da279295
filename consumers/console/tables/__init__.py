"""The console's tables. Import a table from its own module; `consumers.console.tables.every` knows them all."""

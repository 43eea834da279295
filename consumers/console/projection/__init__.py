"""Topics as tables: one reader, offsets in the same transaction as rows."""

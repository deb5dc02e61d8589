"""TAB: one table made from the command tree, four scripts made from the table, and the answer to `__complete`."""

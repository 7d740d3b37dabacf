"""The database of the history: its tables, the statements by name, connections, and what goes wrong."""

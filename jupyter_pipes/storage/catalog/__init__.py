"""Names with formats and places: what `[catalog]` says, and how such files are read and written."""

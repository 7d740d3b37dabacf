"""Several pipelines in one notebook: what `%pipeline use` says, and which cells are whose."""

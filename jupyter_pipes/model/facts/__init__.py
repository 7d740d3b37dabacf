"""Facts of pipelines in pipelines, and the JSON of facts."""

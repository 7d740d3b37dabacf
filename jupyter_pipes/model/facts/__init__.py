"""Facts of pipelines in pipelines and of sweeps, and the JSON of facts."""

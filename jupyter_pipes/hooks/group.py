"""The name of the hooks: that of the entry points of plugins, and of the project in pluggy."""

GROUP = "jupyter_pipes.hooks"

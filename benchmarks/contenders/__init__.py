"""The same work done by jupyter_pipes and by other tools: a file for each tool, a function for each work."""

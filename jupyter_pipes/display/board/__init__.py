"""The board: a pipeline and its run as plain data, for front ends that draw it themselves."""

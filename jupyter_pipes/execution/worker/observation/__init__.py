"""What is seen of a step while it runs: files, random numbers, changes of its inputs."""

"""The process of one attempt: runs a job and reports events."""

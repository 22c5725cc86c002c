"""What is deleted after a time, and the run that deletes it."""

"""What the program does, out of the rooms below: the passes, and what an admin asks for."""

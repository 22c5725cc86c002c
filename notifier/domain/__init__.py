"""What is decided, apart from any machine: studies, changes, words. Pure: no I/O, no SQL, and the time is an argument."""

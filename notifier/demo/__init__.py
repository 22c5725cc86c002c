"""A registry of our own, on loopback: to try the whole program, and to test it, without the world."""

"""What others' programs do with the same task, each written as its own manual says."""

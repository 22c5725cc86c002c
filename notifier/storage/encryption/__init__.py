"""The keys that seal addresses in the database, and the way from open to sealed and back."""

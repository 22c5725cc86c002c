"""How a mail is made, goes, and comes back. Knows no table and no registry."""

"""Where records come from: a registry each. Knows no table and no mail."""

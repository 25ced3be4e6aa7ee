"""References: which parent a row refers to."""

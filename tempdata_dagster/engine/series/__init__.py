"""Paths in time with random access, and what kinds make of them."""

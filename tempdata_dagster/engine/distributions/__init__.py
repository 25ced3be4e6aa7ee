"""Distributions: families, what they have in common, and frozen tables to draw from them."""

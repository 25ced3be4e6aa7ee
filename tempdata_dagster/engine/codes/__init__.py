"""Codes with check digits."""

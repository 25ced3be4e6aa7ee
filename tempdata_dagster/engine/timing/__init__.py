"""Moments: business hours, zones, lags, life cycles and sessions."""

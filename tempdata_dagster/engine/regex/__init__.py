"""Regular expressions as generators."""

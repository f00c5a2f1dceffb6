"""A business of a year that never was: customers, what happened to them, and what they said of it."""

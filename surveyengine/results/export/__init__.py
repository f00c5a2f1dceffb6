"""Rows as files that leave the engine."""

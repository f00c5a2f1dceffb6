"""The machines' addresses."""

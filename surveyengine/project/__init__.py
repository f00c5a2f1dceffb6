"""A project directory: its files, files in it that are not read, and the folder of the engine's data."""

"""A project directory: its files, what lies in it by mistake, and where the engine keeps its own."""

"""The two databases behind one contract: connections, turns to write, files, limits."""

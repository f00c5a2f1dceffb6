"""The processes that serve, send and watch each other."""

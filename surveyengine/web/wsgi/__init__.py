"""What stands around the framework: the fast path, compression, headers, the log."""

"""Values that every room shares: how they are written, and when two spellings are one. It imports nothing of ours."""

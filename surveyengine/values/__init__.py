"""Values that every room shares: how they are written, and which spellings are equal. It imports nothing of ours."""

"""What marketers write: survey files, read and checked into immutable values."""

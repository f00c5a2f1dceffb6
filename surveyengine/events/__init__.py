"""What happened at the business: events as they come, read and checked."""

"""What happened at the business: events, read and checked."""

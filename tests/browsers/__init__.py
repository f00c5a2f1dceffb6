"""What customers see and do, in real browsers."""

"""From an event to the right moment: who is asked, when, why not, and over which channel."""

"""How an invitation leaves: what it says, and the ways that carry it."""

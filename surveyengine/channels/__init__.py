"""How an invitation leaves: what it says, and the transports that carry it."""

"""Whether a project is well: what is wrong with it, and what to do; nothing here mends anything."""

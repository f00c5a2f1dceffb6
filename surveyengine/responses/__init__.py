"""From a link to a stored answer: what was posted is read question by question, and kept in one transaction."""

"""The people of the business who may look at results: passwords, sign-in, sessions, links, the audit log."""

"""The versions of surveys: which are served, and how they are stored."""

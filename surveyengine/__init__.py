"""Customer surveys from files: the right question at the right moment, and scores that can be trusted."""

__version__ = "0.1.0"

"""The surveys that are served: which version of each, and what is stored of it."""

"""The kinds of question, one module for each family of them."""

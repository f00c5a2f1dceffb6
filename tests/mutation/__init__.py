"""Mutates the core modules and tells what their own tests let pass.

`python -m tests.mutation` prints it; it is no part of the test suite, because it takes minutes.
"""

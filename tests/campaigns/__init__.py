"""Campaigns against the promises: faults made again and again, and an audit of what was promised meanwhile.

Each is a module with `trial` (one round on a fresh ground, which must be kept) and `control` (the same against
something that is broken on purpose, which must be found). `python -m tests.campaigns --help` lists them.
"""

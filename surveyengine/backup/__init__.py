"""A project in one file: made while the engine runs, checked, and brought back; and its database in another one."""

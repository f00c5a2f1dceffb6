"""How fast the engine is, beside bare Flask on the same server in the same minutes: `python -m benchmarks`."""

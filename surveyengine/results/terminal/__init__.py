"""The report in words and gauges, for a terminal."""

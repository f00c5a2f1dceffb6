"""From counts of answers to scores, intervals and the report: pure arithmetic, standard library only."""

"""How surprising is it: exact tails, corrections for many tests, simulated false alarms."""

"""The demo: real questions of real customers, brought in through the ordinary doors."""

"""The pages: one file for each part of the program, its addresses in ``ROUTES``."""

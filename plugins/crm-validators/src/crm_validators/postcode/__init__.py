"""Postcodes: how each country writes them, and the check."""

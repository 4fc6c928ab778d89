"""The rules of the quality scale, a file for each kind of contribution."""

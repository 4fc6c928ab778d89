"""What is stored of one person: given out, taken away for good, and kept no longer than it should be."""

"""Bank card numbers: who issues them, and what of them may be kept."""

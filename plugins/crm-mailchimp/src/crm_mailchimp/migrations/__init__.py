"""What the database went through, oldest first."""

"""HTML that others wrote: measured, cleaned, shown where it can do nothing."""

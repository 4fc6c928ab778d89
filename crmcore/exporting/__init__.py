"""Exporting: records become rows of a CSV or XLSX file that an import reads back."""

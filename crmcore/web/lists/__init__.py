"""Lists of records: one implementation for every record type of the register."""

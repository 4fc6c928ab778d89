"""Does what is stored agree with itself? The promises of the core, looked up in the data."""

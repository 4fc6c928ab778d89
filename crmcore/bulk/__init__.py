"""One change to many records, in the background, with its refusals and its undoing."""

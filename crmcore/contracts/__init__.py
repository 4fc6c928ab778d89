"""The objects that hooks return and receive: one small file a kind, no I/O."""

"""A telephone system that exists only in the demo: it speaks the manager interface and plays calls."""

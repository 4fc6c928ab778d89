"""What one request set in motion: spans of its work, and ids that its log lines share."""

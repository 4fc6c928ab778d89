"""What Prometheus is told about one process and its workspace."""

"""The web interface: pages rendered on the server from what the services answer."""

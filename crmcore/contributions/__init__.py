"""What plugins contribute to the web interface, asked for within bounds: for pages and for the JSON API alike."""

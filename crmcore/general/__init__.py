"""What a workspace is called and how it looks and speaks: said by its settings, or chosen in the page."""

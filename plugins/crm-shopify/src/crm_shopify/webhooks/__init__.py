"""What Shopify tells by itself."""

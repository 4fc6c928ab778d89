"""What people can have done in Shopify from here."""

"""Shopify beside the conversation: what a customer bought, and what they are worth."""

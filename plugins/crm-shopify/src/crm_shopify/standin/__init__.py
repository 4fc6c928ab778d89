"""A stand-in for Shopify on this machine: for the demo, and for tests that meet a real server.

It executes what it is asked with graphql-core on Shopify's published schema, cut down to what this plugin asks.
"""

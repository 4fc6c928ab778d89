"""Mailchimp: contacts who opted in become subscribers, and what became of them comes back."""

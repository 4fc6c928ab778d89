"""Numbers that Russian registers give to people, companies and banks."""

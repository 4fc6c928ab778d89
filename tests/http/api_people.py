"""Who the tests are, and where the application is."""

ADDRESS = "http://127.0.0.1:8000"
PASSWORD = "correct horse battery staple"

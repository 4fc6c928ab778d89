"""Single sign-on for crmcore with OpenID Connect."""

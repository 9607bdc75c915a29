"""A person's log-in beyond the passphrase: a second factor, sessions, raised rights, single sign-on."""

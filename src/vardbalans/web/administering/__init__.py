"""The page Administration: people and roles, the log and its spot-checks, parameters, claims of single sign-on."""

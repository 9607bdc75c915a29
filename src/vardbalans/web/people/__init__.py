"""Who may do what, where: users, the unit tree, roles, log-in, and the audit trail."""

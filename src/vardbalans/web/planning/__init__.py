"""The production plan: what each unit promises to do of each service in each week, and how it is agreed."""

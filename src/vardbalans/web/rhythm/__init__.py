"""The planning cycle: the steps from forecast to weekly follow-up, who has the ball, and what needs a person now."""

"""The Monday letter: what needs each person now, to those who have asked for it. Links only, nothing of patients."""

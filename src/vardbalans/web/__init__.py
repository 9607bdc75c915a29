"""The web app (Django): people, and read-only pages over stored results."""

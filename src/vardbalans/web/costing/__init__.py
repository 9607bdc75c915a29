"""Cost per patient computed in the background, for a period that a person asks for."""

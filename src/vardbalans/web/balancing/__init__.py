"""The balance computed in the background: asked for by a person, or by itself when newer data have come."""

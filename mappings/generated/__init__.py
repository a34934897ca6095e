"""Tables made by a program; exempt from the size rules."""

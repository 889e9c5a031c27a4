"""python -m stack events: what operators do with events that went by, should come again, or could not be worked off."""

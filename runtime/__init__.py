"""The frame that every process stands in; it knows nothing of hotels."""

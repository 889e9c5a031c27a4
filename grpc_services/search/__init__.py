"""The search service: which houses fit a place, dates and guests, answered from memory."""

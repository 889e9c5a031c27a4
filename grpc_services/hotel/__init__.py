"""The hotel service: the catalogue of houses, and what a stay costs there."""

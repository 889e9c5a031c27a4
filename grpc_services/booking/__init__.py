"""The booking service: quotes, bookings, and the only truth about what is sold."""

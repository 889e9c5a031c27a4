"""A year of real bookings, played through GraphQL with a clock that moves."""

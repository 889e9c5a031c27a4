"""The review service: what guests say of houses, salons and masters, and the ratings that follow."""

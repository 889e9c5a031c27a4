"""The GraphQL gateway: the platform's only door. It holds no data and knows no SQL."""

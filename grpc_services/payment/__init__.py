"""The platform's own payment system: payments, a hosted checkout page, refunds and signed webhooks."""

"""The standing proof as a metric."""

from __future__ import annotations

from grpc_services.payment.audit import find_discrepancies
from runtime.standing_proof import StandingProof

_proof = StandingProof("payment", find_discrepancies)
count_discrepancies = _proof.count
counting_discrepancies = _proof.counting

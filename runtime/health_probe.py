"""Asks a process whether it is well: python -m runtime.health_probe grpc HOST:PORT | http URL

Exits with 0 when it is and with 1 when not, saying why in one line. Containers use it, so that no image needs
tools for that.
"""

from __future__ import annotations

import argparse
import sys
import urllib.error
import urllib.request

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

_SECONDS = 3.0


def grpc_fault(address: str) -> str:
    """Why the server at host:port is not well, as its own health service says; empty when it is."""
    with grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
        try:
            answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=_SECONDS)
        except grpc.RpcError as failure:
            return str(failure.code().name)
    if answer.status == health_pb2.HealthCheckResponse.SERVING:
        return ""
    return str(health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))


def http_fault(url: str) -> str:
    """Why the page is not well; empty when it answers 2xx."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(url, timeout=_SECONDS):
            return ""
    except urllib.error.HTTPError as answer:
        answer.close()
        return f"status {answer.code}"
    except (OSError, ValueError) as failure:
        return type(failure).__name__


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m runtime.health_probe")
    parser.add_argument("protocol", choices=("grpc", "http"))
    parser.add_argument("target", help="host:port for grpc, an address for http")
    options = parser.parse_args()
    fault = grpc_fault(options.target) if options.protocol == "grpc" else http_fault(options.target)
    if fault:
        sys.stderr.write(f"{options.target}: {fault}\n")
    return 1 if fault else 0


if __name__ == "__main__":
    sys.exit(main())

"""All tests of the platform."""

import os

# Tests start processes while gRPC runs in their own; its fork handlers now and then hang the child before its exec.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

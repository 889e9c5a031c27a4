"""The gRPC services: one slice a folder, the same file names everywhere."""

"""Apache Kafka 4 itself, for the tests that `make test-kafka` runs: its jars by Maven, one node, KRaft."""

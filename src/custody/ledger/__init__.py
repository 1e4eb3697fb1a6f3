"""The black box. Bytes in, proofs out; it knows nothing of pipelines or screens."""

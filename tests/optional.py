"""What tests skip without, and why."""

import importlib.util

import pytest

ONNX_IS_HERE = all(importlib.util.find_spec(name) for name in ("onnx", "onnxruntime"))
needs_onnx = pytest.mark.skipif(
    not ONNX_IS_HERE, reason='onnx and onnxruntime are missing: pip install ".[onnx]"'
)

KAFKA_IS_HERE = all(
    importlib.util.find_spec(name) for name in ("aiokafka", "confluent_kafka")
)
needs_kafka = pytest.mark.skipif(
    not KAFKA_IS_HERE,
    reason='aiokafka and confluent-kafka are missing: pip install ".[dev]"',
)

needs_parquet = pytest.mark.skipif(
    importlib.util.find_spec("pyarrow") is None,
    reason='pyarrow is missing: pip install ".[parquet]"',
)

"""One ONNX Runtime on both stacks, with one thread that does not spin while it waits."""

from hashlib import sha256

import onnxruntime

LIBRARIES = ("onnxruntime",)


def session(file):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(file.read_bytes(), options, providers=["CPUExecutionProvider"])


def check_digest(file, expected):
    """Both stacks must load the same weights."""
    digest = sha256(file.read_bytes()).hexdigest()
    if digest != expected:
        raise ValueError(f"{file} has SHA-256 {digest}, not {expected}")

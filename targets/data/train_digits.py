"""Trains the network of /ml/digits and writes digits.json and digits.onnx beside this file.

Both hold the same weights, 64 -> 32 -> 10 with ReLU and softmax, as 32-bit floats. Beside them
picture.json and pictures.json, one and 32 of the pictures as a request has them. All are committed, so nobody needs this to run the servers. To make them again, in an environment of its own:

    pip install scikit-learn onnx && python train_digits.py

The pictures are the handwritten digits that scikit-learn brings along (8 by 8, values 0 to 16).
"""

import hashlib
import json
from pathlib import Path

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

HERE = Path(__file__).parent
HIDDEN = 32
NOTHING = 1e-6  # weights of pixels that are always blank: denormal numbers would only cost time


def train():
    digits = load_digits()
    known, unknown, labels, truth = train_test_split(digits.data, digits.target, test_size=0.25, random_state=1)
    network = MLPClassifier(hidden_layer_sizes=(HIDDEN,), alpha=0.01, max_iter=1000, random_state=1)
    network.fit(known, labels)
    print(f"right for {network.score(unknown, truth):.1%} of {len(truth)} pictures that it has not seen")
    return {
        name: numpy.where(abs(array) < NOTHING, 0, array).astype(numpy.float32)
        for name, array in zip(("w1", "b1", "w2", "b2"), (
            network.coefs_[0], network.intercepts_[0], network.coefs_[1], network.intercepts_[1],
        ))
    }


def write_json(weights, script):
    # Nine significant digits name a 32-bit float.
    value = {name: json.loads(json.dumps(array.tolist()), parse_float=lambda t: float(f"{float(t):.9g}"))
             for name, array in weights.items()}
    (HERE / "digits.json").write_text(json.dumps({"script": script, **value}, separators=(",", ":")) + "\n")


def write_onnx(weights, script):
    graph = helper.make_graph(
        [
            helper.make_node("Gemm", ["pixels", "w1", "b1"], ["sums"]),
            helper.make_node("Relu", ["sums"], ["hidden"]),
            helper.make_node("Gemm", ["hidden", "w2", "b2"], ["logits"]),
            helper.make_node("Softmax", ["logits"], ["scores"], axis=1),
        ],
        "digits",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["n", 64])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n", 10])],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    model.doc_string = script
    onnx.checker.check_model(model)
    onnx.save(model, HERE / "digits.onnx")


def write_requests():
    pictures = load_digits().data[:32].astype(int).tolist()
    for name, value in (("picture.json", {"pixels": pictures[0]}), ("pictures.json", {"batch": pictures})):
        (HERE / name).write_text(json.dumps(value, separators=(",", ":")))


def main():
    script = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
    weights = train()
    write_json(weights, script)
    write_onnx(weights, script)
    write_requests()


if __name__ == "__main__":
    main()

"""micrograd's algorithm in Python: only the scalar perceptron."""

import array
import base64
import math
import platform

from protocol import serve
from scalar import Scalar


def numbers(encoded):
    values = array.array("f" if encoded["dtype"] == "float32" else "i")
    values.frombytes(base64.b64decode(encoded["base64"]))
    return values.tolist()


def add_digest(readings, name, values):
    readings[name + " sum"] = math.fsum(values)
    readings[name + " projection"] = math.fsum(v * math.sin(i + 1) for i, v in enumerate(values))


class ScalarMlp:
    def __init__(self, task):
        self.sizes = task["sizes"]
        self.rate = task["learningRate"]
        self.penalty = task["penalty"]
        self.signs = numbers(task["signs"])
        flat = numbers(task["inputs"])
        width = self.sizes[0]
        self.points = [flat[i * width : (i + 1) * width] for i in range(len(self.signs))]
        self.initial = [(numbers(layer["weight"]), numbers(layer["bias"])) for layer in task["layers"]]
        self.reset()

    def reset(self):
        self.layers = []
        for (weight, bias), width in zip(self.initial, self.sizes):
            rows = [weight[o * width : (o + 1) * width] for o in range(len(bias))]
            self.layers.append([([Scalar(w) for w in row], Scalar(b)) for row, b in zip(rows, bias)])

    def output(self, point):
        h = [Scalar(x) for x in point]
        for layer in self.layers:
            sums = [sum((w * x for w, x in zip(weights, h)), bias) for weights, bias in layer]
            h = sums if layer is self.layers[-1] else [z.relu() for z in sums]
        return h[0]

    def step(self):
        losses = [(self.output(point) * -sign + 1.0).relu() for point, sign in zip(self.points, self.signs)]
        parameters = [p for layer in self.layers for weights, bias in layer for p in [*weights, bias]]
        data = sum(losses[1:], losses[0]) * (1.0 / len(losses))
        squares = [p * p for p in parameters]
        loss = data + sum(squares[1:], squares[0]) * self.penalty
        for p in parameters:
            p.grad = 0.0
        loss.backward()
        for p in parameters:
            p.data -= self.rate * p.grad
        return loss.data

    def readings(self):
        result = {}
        for i, layer in enumerate(self.layers):
            add_digest(result, f"{i}.weight", [w.data for weights, _ in layer for w in weights])
            add_digest(result, f"{i}.bias", [bias.data for _, bias in layer])
        return result


serve(f"micrograd's algorithm in Python {platform.python_version()}", {"scalarMlp": ScalarMlp})

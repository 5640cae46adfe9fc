"""The PyTorch side: one JSON object a line in, one out; see harness/types.ts for the protocol."""

import base64
import json
import math
import sys
import time


def say(message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


try:
    import torch
    import torch.nn.functional as functional
except ImportError as error:
    say({"error": f"{sys.executable}: {error}"})
    sys.exit(1)

torch.set_num_threads(1)


def array(encoded, dtype, shape):
    data = bytearray(base64.b64decode(encoded["base64"]))
    return torch.frombuffer(data, dtype=dtype).reshape(shape).clone()


def add_digest(readings, name, values):
    flat = values.detach().reshape(-1).to(torch.float64)
    weights = torch.sin(torch.arange(1, flat.numel() + 1, dtype=torch.float64))
    readings[name + " sum"] = flat.sum().item()
    readings[name + " projection"] = (flat * weights).sum().item()


class Mlp:
    def __init__(self, task):
        sizes = task["sizes"]
        self.inputs = array(task["inputs"], torch.float32, [task["batch"], sizes[0]])
        self.labels = array(task["labels"], torch.int32, [task["batch"]]).to(torch.int64)
        self.rate = task["learningRate"]
        self.initial = []
        for i, layer in enumerate(task["layers"]):
            weight = array(layer["weight"], torch.float32, [sizes[i + 1], sizes[i]])
            self.initial.append((weight, array(layer["bias"], torch.float32, [sizes[i + 1]])))
        self.reset()

    def reset(self):
        layers = []
        for weight, bias in self.initial:
            linear = torch.nn.Linear(weight.shape[1], weight.shape[0])
            with torch.no_grad():
                linear.weight.copy_(weight)
                linear.bias.copy_(bias)
            layers += [linear, torch.nn.ReLU()]
        self.net = torch.nn.Sequential(*layers[:-1])
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=self.rate)

    def step(self):
        self.optimizer.zero_grad(set_to_none=True)
        loss = functional.cross_entropy(self.net(self.inputs), self.labels)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def readings(self):
        result = {}
        linears = [m for m in self.net if isinstance(m, torch.nn.Linear)]
        for i, linear in enumerate(linears):
            add_digest(result, f"{i}.weight", linear.weight)
            add_digest(result, f"{i}.bias", linear.bias)
        return result


class TinyGraph:
    def __init__(self, task):
        self.x = array(task["x"], torch.float32, [-1]).requires_grad_()

    def reset(self):
        self.x.grad = None

    def step(self):
        x = self.x
        x.grad = None
        y = torch.tanh(x * x + x).sum()
        y.backward()
        return y.item()

    def readings(self):
        result = {}
        add_digest(result, "grad", self.x.grad)
        return result


kinds = {"mlp": Mlp, "tinyGraph": TinyGraph}
prepared = None


def check(steps):
    seen = []
    prepared.reset()
    for _ in range(steps):
        loss = prepared.step()
        seen.append({"loss": loss, **prepared.readings()})
    return {"readings": seen}


def sample(warmup, steps):
    prepared.reset()
    step = prepared.step
    loss = math.nan
    for _ in range(warmup):
        loss = step()
    start = time.perf_counter()
    for _ in range(steps):
        loss = step()
    return {"milliseconds": (time.perf_counter() - start) * 1e3, "loss": loss}


say({"description": f"torch {torch.__version__}, {torch.get_num_threads()} thread"})
for line in sys.stdin:
    request = json.loads(line)
    try:
        if request["op"] == "prepare":
            prepared = kinds[request["task"]["kind"]](request["task"])
            say({})
        elif request["op"] == "check":
            say(check(request["steps"]))
        else:
            say(sample(request["warmup"], request["steps"]))
    except Exception as error:  # reported, with its kind, to the runner, which stops
        say({"error": f"{type(error).__name__}: {error}"})

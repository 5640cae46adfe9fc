"""The PyTorch side."""

import base64
import sys

from protocol import say, serve

try:
    import torch
    import torch.nn.functional as functional
except ImportError as error:
    say({"error": f"{sys.executable}: {error}"})
    sys.exit(1)

torch.set_num_threads(1)


def array(encoded, dtype, shape):
    data = bytearray(base64.b64decode(encoded["base64"]))
    if not data:
        return torch.zeros(0, dtype=dtype)
    return torch.frombuffer(data, dtype=dtype).reshape(shape).clone()


def add_digest(readings, name, values):
    flat = values.detach().reshape(-1).to(torch.float64)
    weights = torch.sin(torch.arange(1, flat.numel() + 1, dtype=torch.float64))
    readings[name + " sum"] = flat.sum().item()
    readings[name + " projection"] = (flat * weights).sum().item()


class Training:
    """A network, softmax cross-entropy and Adam."""

    def __init__(self, task, inputs, module, weighted):
        self.inputs = inputs
        self.labels = array(task["labels"], torch.int32, [task["batch"]]).to(torch.int64)
        self.rate = task["learningRate"]
        self.net = module
        self.weighted = weighted
        self.initial = [
            (array(data["weight"], torch.float32, layer.weight.shape), array(data["bias"], torch.float32, [-1]))
            for layer, data in zip(weighted, task["layers"])
        ]
        self.reset()

    def reset(self):
        with torch.no_grad():
            for layer, (weight, bias) in zip(self.weighted, self.initial):
                layer.weight.copy_(weight)
                layer.bias.copy_(bias)
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=self.rate)

    def step(self):
        self.optimizer.zero_grad(set_to_none=True)
        loss = functional.cross_entropy(self.net(self.inputs), self.labels)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def readings(self):
        result = {}
        for i, layer in enumerate(self.weighted):
            add_digest(result, f"{i}.weight", layer.weight)
            add_digest(result, f"{i}.bias", layer.bias)
        return result


def mlp(task):
    sizes = task["sizes"]
    inputs = array(task["inputs"], torch.float32, [task["batch"], sizes[0]])
    linears = [torch.nn.Linear(a, b) for a, b in zip(sizes, sizes[1:])]
    modules = [module for linear in linears for module in (linear, torch.nn.ReLU())]
    return Training(task, inputs, torch.nn.Sequential(*modules[:-1]), linears)


def cnn(task):
    size, channels = task["size"], task["channels"]
    inputs = array(task["inputs"], torch.float32, [task["batch"], channels[0], size, size])
    first = torch.nn.Conv2d(channels[0], channels[1], 3, padding=1)
    second = torch.nn.Conv2d(channels[1], channels[2], 3, padding=1)
    linear = torch.nn.Linear(channels[2] * (size // 4) ** 2, task["classes"])
    net = torch.nn.Sequential(
        first,
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        second,
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        linear,
    )
    return Training(task, inputs, net, [first, second, linear])


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


class Chain:
    def __init__(self, task):
        if task["scalars"]:
            raise ValueError("PyTorch has no scalar type")
        self.nodes = task["nodes"]
        self.x = torch.tensor([task["x"]], requires_grad=True)

    def reset(self):
        pass

    def step(self):
        x = self.x
        x.grad = None
        h = x
        for i in range(self.nodes):
            h = h * 0.5 if i % 2 == 0 else h + x
        h = h.sum()
        h.backward()
        return h.item()

    def readings(self):
        result = {}
        add_digest(result, "grad", self.x.grad)
        return result


class Computation:
    """The same result in every step."""

    def reset(self):
        pass

    def step(self):
        self.result = self.compute()
        return self.result.view(-1)[0].item()

    def readings(self):
        result = {}
        add_digest(result, "result", self.result)
        return result


functions = {
    "exp": torch.exp,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "log": torch.log,
    "gelu": functional.gelu,
}


class Elementwise(Computation):
    def __init__(self, task):
        x = array(task["x"], torch.float32, [-1])
        y = array(task["y"], torch.float32, [-1])
        function = functions.get(task["op"])
        self.compute = (lambda: x + y) if function is None else (lambda: function(x))


class Matmul(Computation):
    def __init__(self, task):
        size = task["size"]
        a = array(task["a"], torch.float32, [size, size])
        b = array(task["b"], torch.float32, [size, size])
        self.compute = lambda: a @ b


class Adam:
    def __init__(self, task):
        self.initial = array(task["parameter"], torch.float32, [-1])
        self.parameter = self.initial.clone().requires_grad_()
        self.parameter.grad = array(task["gradient"], torch.float32, [-1])
        self.rate = task["learningRate"]

    def reset(self):
        with torch.no_grad():
            self.parameter.copy_(self.initial)
        self.optimizer = torch.optim.Adam([self.parameter], lr=self.rate)

    def step(self):
        self.optimizer.step()
        return self.parameter[0].item()

    def readings(self):
        result = {}
        add_digest(result, "parameter", self.parameter)
        return result


serve(
    f"torch {torch.__version__}, {torch.get_num_threads()} thread",
    {
        "mlp": mlp,
        "cnn": cnn,
        "tinyGraph": TinyGraph,
        "chain": Chain,
        "elementwise": Elementwise,
        "matmul": Matmul,
        "adam": Adam,
    },
)

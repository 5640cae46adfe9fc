"""The algorithm of micrograd (Karpathy 2020), written anew from its idea for comparison: every scalar of the computation
is an object that holds its number, its gradient, what it was made of, and a closure that passes its gradient on to them;
the backward walk calls the closures in reverse topological order. micrograd/scalar.ts is the same."""


class Scalar:
    def __init__(self, data, parents=()):
        self.data = data
        self.grad = 0.0
        self.parents = parents
        self.give = lambda: None

    def __add__(self, b):
        b = b if isinstance(b, Scalar) else Scalar(b)
        out = Scalar(self.data + b.data, (self, b))

        def give():
            self.grad += out.grad
            b.grad += out.grad

        out.give = give
        return out

    def __mul__(self, b):
        b = b if isinstance(b, Scalar) else Scalar(b)
        out = Scalar(self.data * b.data, (self, b))

        def give():
            self.grad += b.data * out.grad
            b.grad += self.data * out.grad

        out.give = give
        return out

    def relu(self):
        out = Scalar(max(0.0, self.data), (self,))

        def give():
            if out.data > 0:
                self.grad += out.grad

        out.give = give
        return out

    def backward(self):
        order = []
        seen = set()

        def visit(scalar):
            if scalar not in seen:
                seen.add(scalar)
                for parent in scalar.parents:
                    visit(parent)
                order.append(scalar)

        visit(self)
        self.grad = 1.0
        for scalar in reversed(order):
            scalar.give()

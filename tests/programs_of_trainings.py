"""Training programs as people write them: each yields what a compiled run has to give, too."""

import copy
import math

import numpy as np

import autograd as ag
import nn
import optim


def normal(*shape, seed=0):
    """A tensor of random numbers."""
    return ag.tensor(np.random.default_rng(seed).normal(size=shape))


def mlp(seed=0):
    """Two layers."""
    ag.manual_seed(seed)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))


def parameters(m):
    """The parameters of a model."""
    return list(m.parameters())


def method(wrap):

    class Trainer:
        def __init__(self):
            self.m = mlp()
            self.o = optim.Adam(self.m.parameters())
            self.loss = None
            self.step = wrap(self._step)

        def _step(self, x, y):
            self.o.zero_grad()
            self.loss = ((self.m(x) - y) ** 2).mean()
            self.loss.backward()
            self.o.step()
            return self.loss.detach()

    t = Trainer()
    for i in range(6):
        yield (
            t.step(normal(5, 3, seed=i), normal(5, 2, seed=i + 50)),
            parameters(t.m),
            t.loss.item(),
        )


def decorated_method(wrap):

    class Trainer:
        def __init__(self, k):
            self.m = mlp(k)
            self.o = optim.SGD(self.m.parameters(), lr=0.1)

        @wrap
        def step(self, x):
            self.o.zero_grad()
            loss = self.m(x).sum()
            loss.backward()
            self.o.step()
            return loss

    a, b = (Trainer(0), Trainer(1))
    for i in range(4):
        yield (
            a.step(normal(5, 3, seed=i)),
            b.step(normal(5, 3, seed=i)),
            parameters(a.m),
            parameters(b.m),
        )


def dict_of_tensors(wrap):
    params = {
        "w": ag.tensor(np.ones((3, 2)), requires_grad=True),
        "b": ag.tensor(np.zeros(2), requires_grad=True),
    }

    @wrap
    def step(x, lr):
        for p in params.values():
            p.grad = None
        loss = ((x @ params["w"] + params["b"]) ** 2).sum()
        loss.backward()
        with ag.no_grad():
            for p in params.values():
                p -= lr * p.grad
        return loss

    for i in range(5):
        yield (step(normal(4, 3, seed=i), 0.01), params, [p.grad for p in params.values()])


def functional_update(wrap):

    def loss(p, x):
        return ((x @ p["w"] + p["b"]) ** 2).mean()

    @wrap
    def step(p, x):
        g = ag.grad(loss(p, x), list(p.values()))
        return {
            k: (v - 0.1 * d).detach().requires_grad_()
            for (k, v), d in zip(p.items(), g, strict=False)
        }

    p = {
        "w": ag.tensor(np.ones((3, 2)), requires_grad=True),
        "b": ag.tensor(np.zeros(2), requires_grad=True),
    }
    for i in range(5):
        p = step(p, normal(4, 3, seed=i))
        yield (p, [q.requires_grad for q in p.values()])


def lr_schedule(wrap):
    model = mlp()
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    s = optim.lr_scheduler.StepLR(optimizer, 2, 0.5)

    @wrap
    def step(x):
        optimizer.zero_grad()
        loss = (model(x) ** 2).sum()
        loss.backward()
        optimizer.step()
        return loss

    for i in range(8):
        yield (step(normal(5, 3, seed=i)), parameters(model))
        s.step()


def lr_schedule_inside(wrap):
    model = mlp()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    s = optim.lr_scheduler.ExponentialLR(optimizer, 0.9)

    @wrap
    def step(x):
        optimizer.zero_grad()
        loss = (model(x) ** 2).sum()
        loss.backward()
        optimizer.step()
        s.step()
        return loss

    for i in range(12):
        yield (step(normal(5, 3, seed=i)), parameters(model), optimizer.param_groups[0]["lr"])


def ema(wrap):
    model = mlp()
    e = copy.deepcopy(model)
    optimizer = optim.Adam(model.parameters(), lr=0.01)

    @wrap
    def step(x):
        optimizer.zero_grad()
        loss = (model(x) ** 2).sum()
        loss.backward()
        optimizer.step()
        with ag.no_grad():
            for a, b in zip(e.parameters(), model.parameters(), strict=False):
                a.mul_(0.9).add_(b * 0.1)
        return loss

    for i in range(5):
        yield (step(normal(5, 3, seed=i)), parameters(model), parameters(e))


def accumulation(wrap):
    model = mlp()
    optimizer = optim.SGD(model.parameters(), lr=0.1)

    @wrap
    def micro(x):
        loss = (model(x) ** 2).mean() / 2
        loss.backward()
        return loss

    @wrap
    def apply():
        optimizer.step()
        optimizer.zero_grad()

    for i in range(8):
        loss = micro(normal(5, 3, seed=i))
        if i % 2:
            apply()
        yield (loss, parameters(model), [p.grad for p in model.parameters()])


def accumulation_inside(wrap):
    model = mlp()
    optimizer = optim.SGD(model.parameters(), lr=0.1)

    @wrap
    def step(xs):
        optimizer.zero_grad()
        for x in xs:
            ((model(x) ** 2).mean() / len(xs)).backward()
        optimizer.step()

    for i in range(4):
        yield (step([normal(5, 3, seed=i), normal(5, 3, seed=i + 9)]), parameters(model))


def clip_norm(wrap):
    model = mlp()
    optimizer = optim.SGD(model.parameters(), lr=0.1)

    @wrap
    def step(x):
        optimizer.zero_grad()
        loss = (model(x) ** 2).sum()
        loss.backward()
        n = optim.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return (loss, n)

    for i in range(5):
        yield (step(normal(5, 3, seed=i)), parameters(model))


def clip_value(wrap):
    model = mlp()
    optimizer = optim.SGD(model.parameters(), lr=0.1)

    @wrap
    def step(x):
        optimizer.zero_grad()
        loss = (model(x) ** 2).sum()
        loss.backward()
        optim.clip_grad_value_(model.parameters(), 0.1)
        optimizer.step()
        return loss

    for i in range(5):
        yield (step(normal(5, 3, seed=i)), parameters(model))


def gan(wrap):
    ag.manual_seed(0)
    G = nn.Linear(2, 3)
    D = nn.Linear(3, 1)
    og = optim.Adam(G.parameters())
    od = optim.Adam(D.parameters())
    bce = nn.BCEWithLogitsLoss()

    @wrap
    def step(real):
        z = ag.randn(4, 2)
        fake = G(z)
        od.zero_grad()
        ld = bce(D(real), ag.ones(4, 1)) + bce(D(fake.detach()), ag.zeros(4, 1))
        ld.backward()
        od.step()
        og.zero_grad()
        lg = bce(D(fake), ag.ones(4, 1))
        lg.backward()
        og.step()
        return (ld, lg)

    for i in range(5):
        yield (
            step(normal(4, 3, seed=i)),
            parameters(G),
            parameters(D),
            [p.grad for p in D.parameters()],
        )


def eval_train(wrap):
    ag.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5))
    f = wrap(lambda x: model(x))
    for i in range(8):
        model.train(i % 2 == 0)
        yield (f(normal(6, 3, seed=i)), model[1].running_mean, model[1].num_batches_tracked)


def eval_inside(wrap):
    ag.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5))
    optimizer = optim.SGD(model.parameters(), lr=0.1)

    @wrap
    def f(x):
        model.train()
        optimizer.zero_grad()
        (model(x) ** 2).sum().backward()
        optimizer.step()
        model.eval()
        with ag.no_grad():
            return model(x)

    for i in range(5):
        yield (f(normal(6, 3, seed=i)), parameters(model), model.training)


def nograd_inside(wrap):
    model = mlp()

    @wrap
    def f(x):
        with ag.no_grad():
            y = model(x)
        return (y * model(x)).sum()

    for i in range(3):
        yield f(normal(5, 3, seed=i))


def nograd_decorator(wrap):
    model = mlp()

    @wrap
    @ag.no_grad()
    def f(x):
        return model(x)

    for i in range(3):
        yield f(normal(5, 3, seed=i))


def detach_inside(wrap):
    w = ag.tensor([2.0, 3.0], requires_grad=True)

    @wrap
    def f(x):
        w.grad = None
        (w * (w * x).detach()).sum().backward()
        return w.grad

    for i in range(3):
        yield f(normal(2, seed=i))


def requires_toggle(wrap):
    model = mlp()

    @wrap
    def f(x):
        for p in model.parameters():
            p.grad = None
        (model(x) ** 2).sum().backward()

    for i in range(4):
        model[0].weight.requires_grad_(i % 2 == 0)
        f(normal(5, 3, seed=i))
        yield [p.grad for p in model.parameters()]


def freeze_then(wrap):
    model = mlp()
    optimizer = optim.SGD(model.parameters(), lr=0.1)

    @wrap
    def f(x):
        optimizer.zero_grad()
        (model(x) ** 2).sum().backward()
        optimizer.step()

    f(normal(5, 3))
    nn.freeze(model[0])
    f(normal(5, 3))
    yield parameters(model)
    f(normal(5, 3))
    yield parameters(model)


def new_optimizer(wrap):
    model = mlp()
    box = {"o": optim.SGD(model.parameters(), lr=0.1)}

    @wrap
    def f(x):
        box["o"].zero_grad()
        (model(x) ** 2).sum().backward()
        box["o"].step()

    f(normal(5, 3))
    box["o"] = optim.Adam(model.parameters(), lr=0.1)
    f(normal(5, 3))
    f(normal(5, 3))
    yield parameters(model)


def load_state(wrap):
    model = mlp()
    optimizer = optim.Adam(model.parameters(), lr=0.1)
    s0 = copy.deepcopy(model.state_dict())
    copy.deepcopy(optimizer.state_dict())

    @wrap
    def f(x):
        optimizer.zero_grad()
        (model(x) ** 2).sum().backward()
        optimizer.step()

    f(normal(5, 3))
    f(normal(5, 3))
    s1, q1 = (copy.deepcopy(model.state_dict()), copy.deepcopy(optimizer.state_dict()))
    f(normal(5, 3))
    model.load_state_dict(s1)
    optimizer.load_state_dict(q1)
    f(normal(5, 3))
    yield parameters(model)
    model.load_state_dict(s0)
    f(normal(5, 3))
    yield parameters(model)


def data_assign(wrap):
    model = mlp()
    f = wrap(lambda x: model(x))
    yield f(normal(5, 3))
    model[0].weight.data = np.ones((4, 3))
    yield f(normal(5, 3))
    model[0].bias.data[...] = 1.0
    yield f(normal(5, 3))
    model[0].weight = nn.Parameter(np.zeros((4, 3)))
    yield f(normal(5, 3))


def replace_layer(wrap):
    model = mlp()
    f = wrap(lambda x: model(x))
    yield f(normal(5, 3))
    model[1] = nn.ReLU()
    yield f(normal(5, 3))
    model[1] = nn.Tanh()
    yield f(normal(5, 3))


def hooks(wrap):
    model = mlp()
    h = model[0].register_forward_hook(lambda mod, i, o: o * 2)
    f = wrap(lambda x: model(x))
    yield f(normal(5, 3))
    yield f(normal(5, 3))
    h.remove()
    yield f(normal(5, 3))


def tensor_hook(wrap):
    w = ag.tensor([1.0, 2.0], requires_grad=True)
    w.register_hook(lambda g: g * 10)

    @wrap
    def f(x):
        w.grad = None
        (w * x).sum().backward()

    for i in range(3):
        f(normal(2, seed=i))
        yield w.grad


def tensor_hook_inside(wrap):
    w = ag.tensor([1.0, 2.0], requires_grad=True)

    @wrap
    def f(x):
        w.grad = None
        y = w * x
        y.register_hook(lambda g: g * 10)
        y.sum().backward()

    for i in range(3):
        f(normal(2, seed=i))
        yield w.grad


def retain(wrap):
    w = ag.tensor([1.0, 2.0], requires_grad=True)

    @wrap
    def f(x):
        w.grad = None
        y = w * x
        y.retain_grad()
        (y * y).sum().backward()
        return y.grad

    for i in range(3):
        yield (f(normal(2, seed=i)), w.grad)


def grad_grad(wrap):

    @wrap
    def f(x):
        y = (x**3).sum()
        (g,) = ag.grad(y, [x], create_graph=True)
        (h,) = ag.grad(g.sum(), [x])
        return (g.detach(), h)

    for i in range(3):
        yield f(ag.tensor(np.arange(3.0) + i, requires_grad=True))


def meta(wrap):
    w = ag.tensor([1.0, 2.0], requires_grad=True)
    optimizer = optim.SGD([w], lr=0.1)

    @wrap
    def f(x):
        (g,) = ag.grad(((w * x) ** 2).sum(), [w], create_graph=True)
        w2 = w - 0.1 * g
        optimizer.zero_grad()
        ((w2 * x) ** 2).sum().backward()
        optimizer.step()

    for i in range(3):
        f(normal(2, seed=i))
        yield (w, w.grad)


def jac_hess(wrap):

    @wrap
    def f(x):
        return (
            ag.jacobian(lambda v: ag.tanh(v) * v.sum(), x),
            ag.hessian(lambda v: (v**3).sum(), x),
        )

    for i in range(3):
        yield f(normal(3, seed=i))


def recompute(wrap):
    model = mlp()

    @wrap
    def f(x):
        for p in model.parameters():
            p.grad = None
        ag.recompute(model, x).sum().backward()

    for i in range(3):
        f(normal(5, 3, seed=i))
        yield [p.grad for p in model.parameters()]


def module_arg(wrap):
    f = wrap(lambda model, x: model(x))
    a, b = (mlp(0), mlp(1))
    yield f(a, normal(5, 3))
    yield f(b, normal(5, 3))
    yield f(a, normal(5, 3))


def weight_tying(wrap):
    ag.manual_seed(0)
    e = nn.Embedding(5, 3)
    w = e.weight
    optimizer = optim.SGD(e.parameters(), lr=0.1)

    @wrap
    def f(i):
        optimizer.zero_grad()
        loss = (e(i) @ w.t()).sum()
        loss.backward()
        optimizer.step()
        return loss

    for i in range(3):
        yield (f(ag.tensor([0, i])), w)


def weight_norm_custom(wrap):

    class WN(nn.Module):
        def __init__(self):
            self.v = nn.Parameter(np.ones((2, 3)))
            self.g = nn.Parameter(np.ones(2))

        def forward(self, x):
            w = self.v * (self.g / self.v.norm(dim=1)).reshape(2, 1)
            self.last = w
            return x @ w.t()

    model = WN()
    optimizer = optim.SGD(model.parameters(), lr=0.1)

    @wrap
    def f(x):
        optimizer.zero_grad()
        loss = (model(x) ** 2).sum()
        loss.backward()
        optimizer.step()
        return loss

    for i in range(4):
        yield (f(normal(4, 3, seed=i)), parameters(model), model.last)


def register_buffer_new(wrap):

    class M(nn.Module):
        def __init__(self):
            self.register_buffer("mean", ag.zeros(3))

        def forward(self, x):
            self.mean = 0.9 * self.mean + 0.1 * x.detach().mean(dim=0)
            return x - self.mean

    model = M()
    f = wrap(lambda x: model(x))
    for i in range(5):
        yield (f(normal(4, 3, seed=i)), model.mean)


def early_stop_python(wrap):
    model = mlp()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    best = [math.inf]

    @wrap
    def f(x):
        optimizer.zero_grad()
        loss = (model(x) ** 2).sum()
        loss.backward()
        optimizer.step()
        return loss

    for i in range(4):
        loss = f(normal(5, 3, seed=i)).item()
        best[0] = min(best[0], loss)
        yield best[0]


def grads_read_after(wrap):
    model = mlp()

    @wrap
    def f(x):
        (model(x) ** 2).sum().backward()

    held = []
    for i in range(4):
        f(normal(5, 3, seed=i))
        held.append([p.grad for p in model.parameters()])
        yield [p.grad for p in model.parameters()]
    yield held


def batch_iter(wrap):
    ds = [(normal(4, 3, seed=i), ag.tensor(np.arange(4) % 2)) for i in range(3)]
    model = mlp()
    ce = nn.CrossEntropyLoss()
    optimizer = optim.AdamW(model.parameters())

    @wrap
    def epoch(ds):
        tot = 0.0
        for x, y in ds:
            optimizer.zero_grad()
            loss = ce(model(x), y)
            loss.backward()
            optimizer.step()
            tot = tot + loss.detach()
        return tot

    for _ in range(3):
        yield (epoch(ds), parameters(model))

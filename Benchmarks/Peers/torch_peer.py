"""PyTorch's side of the benchmark: reads `NAME COUNT`, answers with milliseconds, first the time to the first step."""

import sys
import time

import torch
from torch import nn

torch.set_num_threads(2)


def training_step(model, x, y, loss_function):
    optimizer = torch.optim.Adam(model.parameters(), eps=1e-7)

    def run():
        optimizer.zero_grad(set_to_none=True)
        loss = loss_function(model(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return run


def mlp():
    model = nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 10))
    return training_step(model, torch.randn(128, 784), torch.arange(128) % 10, nn.functional.cross_entropy)


def tiny_mlp():
    layers = []
    for size in [19, 50, 50, 50, 50]:
        layers += [nn.Linear(size, 50), nn.ReLU()]
    model = nn.Sequential(*layers, nn.Linear(50, 1))
    return training_step(model, torch.randn(32, 19), torch.randn(32, 1), nn.functional.mse_loss)


def cnn():
    model = nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.25),
        nn.Flatten(), nn.Linear(9216, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10),
    )
    return training_step(model, torch.randn(128, 1, 28, 28), torch.arange(128) % 10, nn.functional.cross_entropy)


def matmul():
    a = torch.randn(2048, 2048)
    return lambda: a @ a


WORK = {"mlp": mlp, "tiny-mlp": tiny_mlp, "cnn": cnn, "matmul": matmul}
prepared = {}
for line in sys.stdin:
    name, count = line.split()
    if name not in WORK:
        print(f"error unknown work '{name}'", flush=True)
        continue
    first = 0.0
    if name not in prepared:
        start = time.perf_counter()
        prepared[name] = WORK[name]()
        prepared[name]()
        first = (time.perf_counter() - start) * 1e3
    times = []
    for _ in range(int(count)):
        start = time.perf_counter()
        prepared[name]()
        times.append((time.perf_counter() - start) * 1e3)
    print(" ".join(f"{t:.5f}" for t in [first] + times), flush=True)

"""JAX's side of the benchmark: plain functions of a dictionary of parameters, in Apus's names and layouts."""

import functools

import jax
import jax.numpy as jnp
import numpy
from jax.flatten_util import ravel_pytree

from protocol import EPSILON, Row, serve


def split(tensors):
    """Parameters and inputs."""
    parameters = {name: jnp.asarray(value) for name, value in tensors.items() if not name.startswith("input.")}
    inputs = {name[6:]: jnp.asarray(value) for name, value in tensors.items() if name.startswith("input.")}
    return parameters, inputs


def dense(p, path, x):
    return x @ p[f"{path}.kernel"] + p[f"{path}.bias"]


def cross_entropy(logits, labels):
    rows = jax.nn.log_softmax(logits)
    return -jnp.take_along_axis(rows, labels[..., None], axis=-1).mean()


def mean_squared_error(predictions, targets):
    return jnp.square(predictions - targets).mean()


def adam_start(parameters):
    zeros = lambda: jax.tree.map(jnp.zeros_like, parameters)
    return zeros(), zeros(), jnp.zeros((), jnp.int32)


def adam_change(parameters, gradients, state, rate=1e-3, beta1=0.9, beta2=0.999, epsilon=EPSILON):
    m, v, count = state
    count = count + 1
    step = count.astype(jnp.float32)
    scale = rate * jnp.sqrt(1 - beta2**step) / (1 - beta1**step)
    m = jax.tree.map(lambda m, g: beta1 * m + (1 - beta1) * g, m, gradients)
    v = jax.tree.map(lambda v, g: beta2 * v + (1 - beta2) * g * g, v, gradients)
    parameters = jax.tree.map(lambda p, m, v: p - scale * m / (jnp.sqrt(v) + epsilon), parameters, m, v)
    return parameters, (m, v, count)


def supervised(apply, loss_function, tensors, variant, change=adam_change, key=None):
    """A training step, compiled as one; parameters and the optimizer's memory are donated.

    The parameters stay as they are or, in the variant "flat", are one vector: fewer arguments to pass.
    """
    parameters, inputs = split(tensors)
    x, y = inputs["x"], inputs["y"]
    unravel = lambda p: p
    if variant == "flat":
        parameters, unravel = ravel_pytree(parameters)
    state = adam_start(parameters)

    @functools.partial(jax.jit, donate_argnums=(0, 1, 2))
    def step(parameters, state, key, x, y):
        if key is not None:
            key, used = jax.random.split(key)
        else:
            used = None
        loss, gradients = jax.value_and_grad(lambda p: loss_function(apply(unravel(p), x, used), y))(parameters)
        parameters, state = change(parameters, gradients, state)
        return parameters, state, key, loss

    def run():
        nonlocal parameters, state, key
        parameters, state, key, loss = step(parameters, state, key, x, y)
        return float(loss)

    return run


def perceptron(count, loss_function):
    def apply(p, x, key):
        for index in range(count - 1):
            x = jax.nn.relu(dense(p, index, x))
        return dense(p, count - 1, x)

    return lambda tensors, variant, checking: supervised(apply, loss_function, tensors, variant)


def convolution(x, kernel, stride=1, padding="VALID"):
    return jax.lax.conv_general_dilated(
        x, kernel, (stride, stride), padding, dimension_numbers=("NHWC", "HWIO", "NHWC"))


def dropout(x, rate, key):
    if key is None:
        return x
    return jnp.where(jax.random.bernoulli(key, 1 - rate, x.shape), x / (1 - rate), 0)


def cnn(tensors, variant, checking):
    def apply(p, x, key):
        first, second = (None, None) if checking else jax.random.split(key)
        x = jax.nn.relu(convolution(x, p["0.kernel"]) + p["0.bias"])
        x = jax.nn.relu(convolution(x, p["1.kernel"]) + p["1.bias"])
        x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
        x = dropout(x, 0.25, first).reshape(x.shape[0], -1)
        x = dropout(jax.nn.relu(dense(p, 5, x)), 0.5, second)
        return dense(p, 7, x)

    # The generator of random bits that is fastest on CPUs.
    key = None if checking else jax.random.key(0, impl="rbg")
    return supervised(apply, cross_entropy, tensors, variant, key=key)


def resnet(p, x, training):
    """Logits, and in training the new running statistics."""
    statistics = {}

    def norm(path, x):
        if training:
            mean = x.mean((0, 1, 2))
            variance = jnp.square(x).mean((0, 1, 2)) - jnp.square(mean)
            for name, value in (("movingMean", mean), ("movingVariance", variance)):
                statistics[f"{path}.{name}"] = 0.9 * p[f"{path}.{name}"] + 0.1 * jax.lax.stop_gradient(value)
        else:
            mean, variance = p[f"{path}.movingMean"], p[f"{path}.movingVariance"]
        factor = p[f"{path}.gamma"] * jax.lax.rsqrt(variance + 1e-5)
        return x * factor + (p[f"{path}.beta"] - mean * factor)

    def unit(path, x, stride=1):
        kernel = p[f"{path}.convolution.kernel"]
        pad = (kernel.shape[0] - 1) // 2
        return norm(f"{path}.norm", convolution(x, kernel, stride, [(pad, pad)] * 2))

    x = jax.nn.relu(unit("stem", x, 2))
    x = jax.lax.reduce_window(
        x, -jnp.inf, jax.lax.max, (1, 3, 3, 1), (1, 2, 2, 1), ((0, 0), (1, 1), (1, 1), (0, 0)))
    block = 0
    for stage, count in enumerate([3, 4, 6, 3]):
        for index in range(count):
            path, stride = f"blocks.{block}", 2 if stage > 0 and index == 0 else 1
            y = jax.nn.relu(unit(f"{path}.reduce", x))
            y = jax.nn.relu(unit(f"{path}.spatial", y, stride))
            y = unit(f"{path}.expand", y)
            x = jax.nn.relu(y + (unit(f"{path}.shortcut", x, stride) if index == 0 else x))
            block += 1
    return dense(p, "classifier", x.mean((1, 2))), statistics


def resnet_train(tensors, variant, checking):
    parameters, inputs = split(tensors)
    moving = {n: parameters.pop(n) for n in list(parameters) if n.endswith(("movingMean", "movingVariance"))}
    velocity = jax.tree.map(jnp.zeros_like, parameters)
    rate = 1e-5 if checking else 0.1

    @functools.partial(jax.jit, donate_argnums=(0, 1, 2))
    def step(parameters, moving, velocity, x, y):
        def loss_function(p):
            logits, statistics = resnet({**p, **moving}, x, True)
            return cross_entropy(logits, y), statistics

        (loss, moving), gradients = jax.value_and_grad(loss_function, has_aux=True)(parameters)
        velocity = jax.tree.map(lambda v, g: 0.9 * v + g, velocity, gradients)
        parameters = jax.tree.map(lambda p, v: p - rate * v, parameters, velocity)
        return parameters, moving, velocity, loss

    def run():
        nonlocal parameters, moving, velocity
        parameters, moving, velocity, loss = step(parameters, moving, velocity, inputs["x"], inputs["y"])
        return float(loss)

    return run


def inference(function, *arguments):
    compiled = jax.jit(function)
    return lambda: jax.block_until_ready(compiled(*arguments))


def resnet_infer(tensors, variant, checking):
    parameters, inputs = split(tensors)
    return inference(lambda p, x: resnet(p, x, False)[0], parameters, inputs["x"])


def lstm(tensors, variant, checking):
    def apply(p, x, key):
        # The product with the inputs is one for all steps.
        projected = x.swapaxes(0, 1) @ p["recurrent.kernel"] + p["recurrent.bias"]

        def cell(carry, projection):
            hidden, memory = carry
            i, f, g, o = jnp.split(projection + hidden @ p["recurrent.recurrentKernel"], 4, axis=-1)
            memory = jax.nn.sigmoid(f) * memory + jax.nn.sigmoid(i) * jnp.tanh(g)
            return (jax.nn.sigmoid(o) * jnp.tanh(memory), memory), None

        zeros = jnp.zeros((x.shape[0], p["recurrent.recurrentKernel"].shape[0]))
        (hidden, _), _ = jax.lax.scan(cell, (zeros, zeros), projected)
        return dense(p, "head", hidden)

    return supervised(apply, mean_squared_error, tensors, variant)


def layer_norm(p, path, x):
    mean = x.mean(-1, keepdims=True)
    variance = jnp.square(x - mean).mean(-1, keepdims=True)
    return (x - mean) * jax.lax.rsqrt(variance + 1e-5) * p[f"{path}gamma"] + p[f"{path}beta"]


def attention(query, keys, values, visible):
    """All `[batch, time, heads, size]`."""
    scores = jnp.einsum("bqhd,bkhd->bhqk", query, keys) / query.shape[-1] ** 0.5
    return jnp.einsum("bhqk,bkhd->bqhd", jax.nn.softmax(jnp.where(visible, scores, -jnp.inf)), values)


def gpt(p, numbers, depth, heads, approximate, position=0, caches=None, visible=None):
    """Logits, and with caches of keys and values their new contents."""
    time = numbers.shape[1]
    if visible is None:
        visible = jnp.tril(jnp.ones((time, time), bool))
    x = p["tokens.embeddings"][numbers]
    x += jax.lax.dynamic_slice_in_dim(p["positions.embeddings"], position, time)
    new_caches = []
    for block in range(depth):
        path = f"blocks.{block}"
        heads_of = dense(p, f"{path}.attention.projection", layer_norm(p, f"{path}.norm1.", x))
        query, keys, values = jnp.moveaxis(heads_of.reshape(*x.shape[:2], 3, heads, -1), 2, 0)
        if caches:
            keys, values = (
                jax.lax.dynamic_update_slice_in_dim(cache, new, position, axis=1)
                for cache, new in zip(caches[block], (keys, values)))
            new_caches.append((keys, values))
        y = attention(query, keys, values, visible).reshape(x.shape)
        x += dense(p, f"{path}.attention.output", y)
        y = dense(p, f"{path}.expansion", layer_norm(p, f"{path}.norm2.", x))
        x += dense(p, f"{path}.contraction", jax.nn.gelu(y, approximate=approximate))
    x = layer_norm(p, "norm.", x)
    return (dense(p, "head", x) if "head.kernel" in p else x @ p["tokens.embeddings"].T), new_caches


def gpt_train(tensors, variant, checking):
    return supervised(
        lambda p, x, key: gpt(p, x, 6, 6, False)[0], cross_entropy, tensors, variant,
        change=functools.partial(adam_change, rate=3e-4))


def gpt2_infer(tensors, variant, checking):
    p, inputs = split(tensors)
    return inference(lambda p, x: gpt(p, x, 12, 12, True)[0], p, inputs["x"])


def gpt2_decode(tensors, variant, checking):
    p, inputs = split(tensors)
    caches = [(inputs[f"keys.{index}"], inputs[f"values.{index}"]) for index in range(12)]

    @functools.partial(jax.jit, donate_argnums=1)
    def extend(p, caches, x, position):
        visible = jnp.arange(caches[0][0].shape[1]) <= position
        return gpt(p, x, 12, 12, True, position, caches, visible)

    position = jnp.int32(128)

    def run():
        nonlocal caches
        logits, caches = extend(p, caches, inputs["x"], position)
        return jax.block_until_ready(logits)

    return run


def layer_norm_gelu(tensors, variant, checking):
    p, inputs = split(tensors)
    return inference(
        lambda p, x: jax.nn.gelu(layer_norm(p, "", x), approximate=False), p, inputs["x"])


def adam_update(tensors, variant, checking):
    parameters, gradients = split(tensors)
    parameters = {name.split(".")[1]: value for name, value in parameters.items()}
    state = adam_start(parameters)
    change = jax.jit(lambda p, s, g: adam_change(p, g, s), donate_argnums=(0, 1))

    def run():
        nonlocal parameters, state
        parameters, state = jax.block_until_ready(change(parameters, state, gradients))
        return parameters["0"]

    return run


def matmul(tensors, variant, checking):
    _, inputs = split(tensors)
    return inference(lambda a: a @ a, inputs["a"])


def row(make, variants=("jit",)):
    return Row(make, variants)


SMALL = ("jit", "flat")


ROWS = {
    "mlp": row(perceptron(2, cross_entropy), SMALL),
    "tiny-mlp": row(perceptron(6, mean_squared_error), SMALL),
    "cnn": row(cnn),
    "resnet50-infer-1": row(resnet_infer),
    "resnet50-infer-16": row(resnet_infer),
    "resnet50-train": row(resnet_train),
    "lstm": row(lstm, SMALL),
    "gpt-train": row(gpt_train),
    "gpt2-infer": row(gpt2_infer),
    "gpt2-decode": row(gpt2_decode),
    "layernorm-gelu": row(layer_norm_gelu),
    "adam": row(adam_update),
    "matmul": row(matmul),
}

if __name__ == "__main__":
    serve(ROWS, {"loader": "JAX has no data loader"}, numpy.asarray)

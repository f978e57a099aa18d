"""Writes a Keras application with random weights, pictures and its logits: vision_reference.py NAME FILE [SIDE].

Kernels are random; the statistics of batch normalisation are first measured on the pictures, as a deep network's
numbers would grow or vanish otherwise, and then moved at random, so that none of them is 0 or 1.
"""

import sys

import keras
import numpy as np
from safetensors.numpy import save_file

name, path = sys.argv[1:3]
keras.utils.set_random_seed(4)
random = np.random.default_rng(4)
build = getattr(keras.applications, name)
options = {"weights": None, "classifier_activation": None}
if len(sys.argv) > 3:
    options["input_shape"] = (int(sys.argv[3]), int(sys.argv[3]), 3)
elif name.startswith("MobileNetV3"):
    options["input_shape"] = (224, 224, 3)
model = build(**options)
side = model.input_shape[1]
inside = name.startswith(("EfficientNet", "MobileNetV3", "ConvNeXt"))
pictures = random.uniform(0, 255, (2, side, side, 3)) if inside else random.normal(0, 1, (2, side, side, 3))
pictures = pictures.astype("float32")


def layers(owner, prefix=""):
    for layer in owner.layers:
        if hasattr(layer, "layers"):
            yield from layers(layer, prefix + layer.name + "/")
        else:
            yield prefix + layer.name, layer


for _, layer in layers(model):
    for variable in layer.weights:
        kind = variable.path.split("/")[-1]
        shape = variable.shape
        if kind in ("gamma", "beta", "bias"):
            # What a residual scale starts with would hide its branch.
            center = 1 if kind == "gamma" else 0
            variable.assign(random.normal(center, 0.1, shape))
        elif kind == "variance":
            variable.assign(random.uniform(0.2, 0.3, shape))
        elif kind == "mean":
            variable.assign(random.uniform(0.4, 0.5, shape))
    if isinstance(layer, keras.layers.BatchNormalization):
        layer.momentum = 0.0
model(pictures, training=True)
for _, layer in layers(model):
    if isinstance(layer, keras.layers.BatchNormalization):
        deviation = np.sqrt(np.asarray(keras.ops.convert_to_numpy(layer.moving_variance)) + 1e-3)
        mean = keras.ops.convert_to_numpy(layer.moving_mean) + random.normal(0, 0.05, deviation.shape) * deviation
        layer.moving_mean.assign(mean)
        layer.moving_variance.assign(deviation**2 * random.uniform(0.8, 1.25, deviation.shape))

tensors = {"pictures": pictures, "expected": keras.ops.convert_to_numpy(model(pictures, training=False))}
for place, layer in layers(model):
    for variable in layer.weights:
        value = keras.ops.convert_to_numpy(variable)
        tensors[f"{place}/{variable.path.split('/')[-1]}"] = np.ascontiguousarray(value, dtype="float32")
save_file({key: np.ascontiguousarray(value) for key, value in tensors.items()}, path)
print(f"{name}: {model.count_params():,} parameters, {side} pixels, logits to {np.abs(tensors['expected']).max():.3g}")

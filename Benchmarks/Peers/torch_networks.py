"""Keras's networks for images in PyTorch, layer by layer, with Keras's names; logits.

They are written from Keras's own description, as torchvision has five of the thirteen, and of those some in another
version. What an expert would write instead of a translation is written: padding that is the same on both sides belongs
to the convolution that follows, activations work in place.
"""

import json
import os
import subprocess
import sys

import torch
from torch import nn

functional = nn.functional
HERE = os.path.dirname(os.path.abspath(__file__))


def described(name, folder):
    """Keras's description of a network, made where Keras need not stay in memory."""
    path = os.path.join(folder, f"{name}.json")
    if not os.path.exists(path):
        subprocess.run(
            [sys.executable, os.path.join(HERE, "keras_networks.py"), name, path], check=True, capture_output=True)
    with open(path) as file:
        return json.load(file)


def sides(size, kernel, stride):
    """How many pixels TensorFlow's padding `same` adds before and after."""
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


class SamePadded(nn.Module):
    """Pads as TensorFlow's `same` does where that is not the same on both sides."""

    def __init__(self, inner, kernel, stride, value=0.0):
        super().__init__()
        self.inner, self.kernel, self.stride, self.value = inner, kernel, stride, value

    def forward(self, x):
        top, bottom = sides(x.shape[2], self.kernel, self.stride)
        left, right = sides(x.shape[3], self.kernel, self.stride)
        return self.inner(functional.pad(x, (left, right, top, bottom), value=self.value))


def convolution(config, channels, filters, kernel, groups=1, bias=True, padding=0):
    """The layer, and its `nn.Conv2d`."""
    stride = config["strides"][0]
    uneven = False
    if config["padding"] == "same":
        padding = tuple((size - 1) // 2 for size in kernel)
        uneven = stride > 1 and max(kernel) > 1
    layer = nn.Conv2d(channels, filters, kernel, stride, 0 if uneven else padding, groups=groups, bias=bias)
    return (SamePadded(layer, kernel[0], stride) if uneven else layer), layer


def pooled(description):
    config = description["config"]
    size, stride = config["pool_size"][0], config["strides"][0]
    is_maximum = description["class"].startswith("Max")
    make = nn.MaxPool2d if is_maximum else nn.AvgPool2d
    if config["padding"] == "valid":
        return make(size, stride)
    if not is_maximum:
        if stride > 1:
            raise ValueError("means over uneven sides are not written")
        return nn.AvgPool2d(size, stride, size // 2, count_include_pad=False)
    return SamePadded(make(size, stride), size, stride, -torch.inf)


class Separable(nn.Sequential):
    """A convolution of each channel, then one of 1×1."""


class Scaled(nn.Module):
    def __init__(self, scale):
        super().__init__()
        self.scale = scale

    def forward(self, x, residual):
        return torch.add(x, residual, alpha=self.scale)


class Sum(nn.Module):
    def forward(self, *x):
        return sum(x[1:], x[0])


class Join(nn.Module):
    def forward(self, *x):
        return torch.cat(x, 1)


class Crop(nn.Module):
    def forward(self, x):
        return x[:, :, 1:, 1:]


class Mean(nn.Module):
    def forward(self, x):
        return x.mean((2, 3))


class LastFlatten(nn.Module):
    """Flattens with the channel as the last axis, as Keras numbers the following layer's inputs."""

    def forward(self, x):
        return x.permute(0, 2, 3, 1).flatten(1)


class Network(nn.Module):
    def __init__(self, description, tensors):
        super().__init__()
        self.steps = []
        self.tensors = tensors
        padding = self.symmetric_paddings(description)
        for place, layer in enumerate(description):
            if layer["class"] == "InputLayer":
                continue
            inputs = layer["inputs"]
            if place in padding:
                continue
            before = padding.get(inputs[0], 0)
            inputs = [description[other]["inputs"][0] if other in padding else other for other in inputs]
            module = self.module(layer, before)
            activation = layer["config"].get("activation")
            if layer["class"] != "Activation" and activation == "relu":
                module = nn.Sequential(module, nn.ReLU(inplace=True))
            if module is not None:
                self.add_module(layer["name"].replace(".", "_"), module)
            self.steps.append((place, module, inputs))
        last = {}
        for number, (_, _, inputs) in enumerate(self.steps):
            for place in inputs:
                last[place] = number
        # What nobody reads any more is let go; an activation may overwrite what it alone reads.
        readers = {}
        for _, _, inputs in self.steps:
            for place in inputs:
                readers[place] = readers.get(place, 0) + 1
        self.dead = [[place for place in last if last[place] == number] for number in range(len(self.steps))]
        for _, module, inputs in self.steps:
            if isinstance(module, (nn.ReLU, nn.ReLU6)):
                module.inplace = readers[inputs[0]] == 1 and inputs[0] > 0
        del self.tensors

    @staticmethod
    def symmetric_paddings(description):
        """Layers of zeros, the same on all sides, that only convolutions read."""
        result = {}
        for place, layer in enumerate(description):
            if layer["class"] == "ZeroPadding2D":
                amounts = {side for axis in layer["config"]["padding"] for side in axis}
                readers = [other for other in description if place in other["inputs"]]
                if len(amounts) == 1 and all("Conv2D" in other["class"] for other in readers):
                    result[place] = amounts.pop()
        return result

    def tensor(self, layer, name):
        return torch.from_numpy(self.tensors[f"{layer['name']}.{name}"])

    def fill(self, layer, module, kernel, bias="bias"):
        with torch.no_grad():
            module.weight.copy_(kernel)
            if module.bias is not None:
                module.bias.copy_(self.tensor(layer, bias))

    def module(self, layer, padding):
        """What a layer computes, with its weights; None for one that does nothing to the numbers."""
        kind, config = layer["class"], layer["config"]
        if kind == "Conv2D":
            kernel = self.tensor(layer, "kernel").permute(3, 2, 0, 1)
            filters, channels, *size = kernel.shape
            groups = config["groups"]
            module, inner = convolution(
                config, channels * groups, filters, tuple(size), groups, config["use_bias"], padding)
            self.fill(layer, inner, kernel)
            return module
        if kind in ("DepthwiseConv2D", "SeparableConv2D"):
            name = "kernel" if kind == "DepthwiseConv2D" else "depthwiseKernel"
            kernel = self.tensor(layer, name)
            height, width = kernel.shape[:2]
            kernel = kernel.reshape(height, width, -1).permute(2, 0, 1).unsqueeze(1)
            channels = kernel.shape[0]
            depthwise, inner = convolution(
                config, channels, channels, (height, width), channels, config["use_bias"] and name == "kernel", padding)
            self.fill(layer, inner, kernel)
            if name == "kernel":
                return depthwise
            kernel = self.tensor(layer, "pointwiseKernel").permute(3, 2, 0, 1)
            pointwise = nn.Conv2d(channels, kernel.shape[0], 1, bias=config["use_bias"])
            self.fill(layer, pointwise, kernel)
            return Separable(depthwise, pointwise)
        if kind == "Dense":
            kernel = self.tensor(layer, "kernel")
            module = nn.Linear(*kernel.shape, bias=config["use_bias"])
            self.fill(layer, module, kernel.T)
            return module
        if kind == "BatchNormalization":
            module = nn.BatchNorm2d(len(self.tensor(layer, "movingMean")), eps=config["epsilon"])
            with torch.no_grad():
                if config["scale"]:
                    module.weight.copy_(self.tensor(layer, "gamma"))
                module.bias.copy_(self.tensor(layer, "beta"))
                module.running_mean.copy_(self.tensor(layer, "movingMean"))
                module.running_var.copy_(self.tensor(layer, "movingVariance"))
            return module
        if kind == "ReLU":
            return nn.ReLU6() if config["max_value"] == 6 else nn.ReLU()
        if kind == "Activation":
            return {"relu": nn.ReLU, "linear": lambda: None}[config["activation"]]()
        if kind == "ZeroPadding2D":
            (top, bottom), (left, right) = config["padding"]
            return nn.ZeroPad2d((left, right, top, bottom))
        if kind == "CustomScaleLayer":
            return Scaled(config["scale"])
        if kind in ("MaxPooling2D", "AveragePooling2D"):
            return pooled(layer)
        if kind == "GlobalAveragePooling2D":
            return nn.AdaptiveAvgPool2d(1) if config["keepdims"] else Mean()
        if kind == "Dropout":
            return None
        simple = {"Add": Sum, "Concatenate": Join, "Flatten": LastFlatten, "Cropping2D": Crop, "Reshape": nn.Flatten}
        return simple[kind]()

    def forward(self, x):
        values = {0: x}
        for (place, module, inputs), dead in zip(self.steps, self.dead):
            arguments = [values[other] for other in inputs]
            for other in dead:
                del values[other]
            values[place] = module(*arguments) if module is not None else arguments[0]
        return values[self.steps[-1][0]]

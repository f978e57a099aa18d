"""Models in PyTorch, as its own libraries write them, with the names that Apus gives their parts."""

from collections import OrderedDict

import torch
from torch import nn


def load(model, tensors):
    """Takes over parameters that Apus named, in its layouts: Dense [in, out], Conv2D [height, width, in, out]."""

    def tensor(name):
        return torch.from_numpy(tensors[name])

    with torch.no_grad():
        for path, module in model.named_modules():
            if isinstance(module, nn.Linear):
                module.weight.copy_(tensor(f"{path}.kernel").T)
                if module.bias is not None:
                    module.bias.copy_(tensor(f"{path}.bias"))
            elif isinstance(module, nn.Conv2d):
                module.weight.copy_(tensor(f"{path}.kernel").permute(3, 2, 0, 1))
                if module.bias is not None:
                    module.bias.copy_(tensor(f"{path}.bias"))
            elif isinstance(module, (nn.BatchNorm2d, nn.LayerNorm)):
                prefix = f"{path}." if path else ""
                module.weight.copy_(tensor(f"{prefix}gamma"))
                module.bias.copy_(tensor(f"{prefix}beta"))
            elif isinstance(module, nn.Embedding):
                module.weight.copy_(tensor(f"{path}.embeddings"))
            elif isinstance(module, nn.LSTM):
                # The second bias of PyTorch's cell is left out of training: the sum of both is one parameter.
                module.weight_ih_l0.copy_(tensor(f"{path}.kernel").T)
                module.weight_hh_l0.copy_(tensor(f"{path}.recurrentKernel").T)
                module.bias_ih_l0.copy_(tensor(f"{path}.bias"))
                module.bias_hh_l0.zero_().requires_grad_(False)
    return model


def perceptron(sizes):
    layers = []
    for index, (inputs, outputs) in enumerate(zip(sizes, sizes[1:])):
        layers.append((str(index), nn.Linear(inputs, outputs)))
        if index < len(sizes) - 2:
            layers.append((f"relu{index}", nn.ReLU()))
    return nn.Sequential(OrderedDict(layers))


class FlattenChannelsLast(nn.Module):
    """Flattens with the channel as the last axis, the order in which Apus numbers the following layer's inputs."""

    def forward(self, x):
        return x.permute(0, 2, 3, 1).flatten(1)


def convolutional(checking):
    rates = (0.0, 0.0) if checking else (0.25, 0.5)
    return nn.Sequential(OrderedDict([
        ("0", nn.Conv2d(1, 32, 3)), ("relu0", nn.ReLU()), ("1", nn.Conv2d(32, 64, 3)), ("relu1", nn.ReLU()),
        ("2", nn.MaxPool2d(2)), ("3", nn.Dropout(rates[0])),
        ("4", FlattenChannelsLast() if checking else nn.Flatten()),
        ("5", nn.Linear(9216, 128)), ("relu5", nn.ReLU()), ("6", nn.Dropout(rates[1])), ("7", nn.Linear(128, 10)),
    ]))


class NormalizedConvolution(nn.Module):
    def __init__(self, channels, filters, kernel, stride=1, rectified=True):
        super().__init__()
        self.convolution = nn.Conv2d(channels, filters, kernel, stride, (kernel - 1) // 2, bias=False)
        self.norm = nn.BatchNorm2d(filters)
        self.rectified = rectified

    def forward(self, x):
        y = self.norm(self.convolution(x))
        return nn.functional.relu(y, inplace=True) if self.rectified else y


class Bottleneck(nn.Module):
    def __init__(self, channels, width, stride, changes_shape):
        super().__init__()
        self.reduce = NormalizedConvolution(channels, width, 1)
        self.spatial = NormalizedConvolution(width, width, 3, stride)
        self.expand = NormalizedConvolution(width, 4 * width, 1, rectified=False)
        self.shortcut = (
            NormalizedConvolution(channels, 4 * width, 1, stride, rectified=False) if changes_shape else None)

    def forward(self, x):
        y = self.expand(self.spatial(self.reduce(x)))
        y += x if self.shortcut is None else self.shortcut(x)
        return nn.functional.relu(y, inplace=True)


class ResNet50(nn.Module):
    """torchvision's version 1.5: strides in the 3×3 convolutions."""

    def __init__(self):
        super().__init__()
        self.stem = NormalizedConvolution(3, 64, 7, 2)
        self.pool = nn.MaxPool2d(3, 2, 1)
        blocks = []
        channels = 64
        for stage, (width, count) in enumerate([(64, 3), (128, 4), (256, 6), (512, 3)]):
            for index in range(count):
                stride = 2 if stage > 0 and index == 0 else 1
                blocks.append(Bottleneck(channels, width, stride, index == 0))
                channels = 4 * width
        self.blocks = nn.Sequential(*blocks)
        self.classifier = nn.Linear(2048, 1000)

    def forward(self, x):
        return self.classifier(self.blocks(self.pool(self.stem(x))).mean((2, 3)))


class PooledConvolution(nn.Module):
    """A convolution, maxima of 2x2 where wanted, normalisation and rectifier."""

    def __init__(self, channels, filters, pools=False):
        super().__init__()
        self.conv = nn.Conv2d(channels, filters, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(filters)
        self.pools = pools

    def forward(self, x):
        x = self.conv(x)
        return nn.functional.relu(self.bn(nn.functional.max_pool2d(x, 2) if self.pools else x), inplace=True)


class PooledResidual(PooledConvolution):
    """The same, and two convolutions whose result is added."""

    def __init__(self, channels, filters):
        super().__init__(channels, filters, pools=True)
        self.residual = nn.Sequential(OrderedDict([
            ("conv1", PooledConvolution(filters, filters)), ("conv2", PooledConvolution(filters, filters))]))

    def forward(self, x):
        x = super().forward(x)
        return x + self.residual(x)


class ResNet9(nn.Module):
    def __init__(self, width=24, classes=10):
        super().__init__()
        self.stem = PooledConvolution(3, width)
        self.layer1 = PooledResidual(width, 2 * width)
        self.layer2 = PooledConvolution(2 * width, 4 * width, pools=True)
        self.layer3 = PooledResidual(4 * width, 8 * width)
        self.fc = nn.Linear(8 * width, classes)

    def forward(self, x):
        return self.fc(self.layer3(self.layer2(self.layer1(self.stem(x)))).amax((2, 3)) * 0.125)


class RecurrentRegressor(nn.Module):
    def __init__(self):
        super().__init__()
        self.recurrent = nn.LSTM(64, 256, batch_first=True)
        self.head = nn.Linear(256, 1)

    def forward(self, x):
        _, (hidden, _) = self.recurrent(x)
        return self.head(hidden[0])

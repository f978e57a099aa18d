"""PyTorch's side of the benchmark: the rows, each in the ways that an expert would try."""

import os

os.environ.setdefault("TORCHINDUCTOR_FREEZING", "1")  # lets inference fold and pack constant weights

import numpy
import torch
from torch import nn

import torch_gpt
import torch_models
import torch_networks
from networks import NETWORKS
from protocol import EPSILON, Row, folder, serve

torch.set_num_threads(2)
functional = nn.functional


def tensor(tensors, name):
    return torch.from_numpy(tensors[f"input.{name}"])


def training_step(forward_loss, optimizer, variant):
    """Gradients, update, and the loss read back."""
    compute = torch.compile(forward_loss) if variant.startswith("compile") else forward_loss

    def run():
        optimizer.zero_grad(set_to_none=True)
        loss = compute()
        loss.backward()
        optimizer.step()
        return loss.item()

    return run


def supervised(model, loss_function, tensors, variant, optimizer=None, x=None):
    x = tensor(tensors, "x") if x is None else x
    y = tensor(tensors, "y")
    y = y.long() if y.dtype == torch.int32 else y
    optimizer = optimizer or adam(model)
    return training_step(lambda: loss_function(model(x), y), optimizer, variant)


def adam(model, rate=1e-3):
    # Faster at every size than over lists of tensors, compiled or not.
    parameters = [p for p in model.parameters() if p.requires_grad]
    return torch.optim.Adam(parameters, lr=rate, eps=EPSILON, fused=True)


def perceptron(sizes, loss_function):
    def make(tensors, variant, checking):
        model = torch_models.load(torch_models.perceptron(sizes), tensors)
        return supervised(model, loss_function, tensors, variant)

    return make


def cnn(tensors, variant, checking):
    model = torch_models.load(torch_models.convolutional(checking), tensors)
    x = tensor(tensors, "x").permute(0, 3, 1, 2)
    if variant.endswith("channels-last"):
        model = model.to(memory_format=torch.channels_last)
        x = x.contiguous(memory_format=torch.channels_last)
    else:
        x = x.contiguous()
    return supervised(model, functional.cross_entropy, tensors, variant, x=x)


def resnet(tensors, variant, make=torch_models.ResNet50):
    model = torch_models.load(make(), tensors)
    x = tensor(tensors, "x").permute(0, 3, 1, 2)
    if variant.endswith("channels-last"):
        return model.to(memory_format=torch.channels_last), x.contiguous(memory_format=torch.channels_last)
    return model, x.contiguous()


def resnet_train(tensors, variant, checking):
    model, x = resnet(tensors, variant)
    rate = 1e-5 if checking else 0.1
    return supervised(
        model, functional.cross_entropy, tensors, variant, x=x,
        optimizer=torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9, fused=True))


def cifar_train(tensors, variant, checking):
    model, x = resnet(tensors, variant, torch_models.ResNet9)
    optimizer = torch.optim.SGD(
        model.parameters(), lr=1e-5 if checking else 0.1, momentum=0.9, nesterov=True, fused=True)
    return supervised(model, functional.cross_entropy, tensors, variant, x=x, optimizer=optimizer)


def resnet_infer(tensors, variant, checking):
    model, x = resnet(tensors, variant)
    return inference(model.eval(), x, variant)


def inference(model, x, variant):
    if variant.startswith("compile"):
        compiled = torch.compile(model)

        def run():
            with torch.no_grad():
                return compiled(x)
    else:
        def run():
            with torch.inference_mode():
                return model(x)

    return run


def vision(name):
    def make(tensors, variant, checking):
        model = torch_networks.Network(torch_networks.described(name, folder()), tensors).eval()
        x = tensor(tensors, "x").permute(0, 3, 1, 2)
        if variant.endswith("channels-last"):
            model, layout = model.to(memory_format=torch.channels_last), torch.channels_last
        else:
            layout = torch.contiguous_format
        return inference(model, x.contiguous(memory_format=layout), variant)

    return make


def lstm(tensors, variant, checking):
    model = torch_models.load(torch_models.RecurrentRegressor(), tensors)
    return supervised(model, functional.mse_loss, tensors, variant)


def gpt_train(tensors, variant, checking):
    model = torch_models.load(torch_gpt.small(), tensors)
    return supervised(
        model, lambda logits, y: functional.cross_entropy(logits.flatten(0, 1), y.flatten()), tensors, variant,
        optimizer=adam(model, rate=3e-4))


def gpt2_infer(tensors, variant, checking):
    return inference(torch_models.load(torch_gpt.gpt2(), tensors).eval(), tensor(tensors, "x"), variant)


def gpt2_decode(tensors, variant, checking):
    model = torch_models.load(torch_gpt.gpt2(), tensors).eval()
    caches = [
        tuple(tensor(tensors, f"{name}.{index}").transpose(1, 2).contiguous() for name in ("keys", "values"))
        for index in range(12)]
    extend = torch.compile(model.extend) if variant == "compile" else model.extend
    x = tensor(tensors, "x")

    def run():
        with torch.no_grad() if variant == "compile" else torch.inference_mode():
            return extend(x, caches, 128)

    return run


def layer_norm_gelu(tensors, variant, checking):
    norm = torch_models.load(nn.LayerNorm(1024), tensors)
    return inference(nn.Sequential(norm, nn.GELU()), tensor(tensors, "x"), variant)


def adam_update(tensors, variant, checking):
    count = sum(name.startswith("parameter.") for name in tensors)
    parameters = [nn.Parameter(torch.from_numpy(tensors[f"parameter.{i}"])) for i in range(count)]
    for index, parameter in enumerate(parameters):
        parameter.grad = tensor(tensors, str(index))
    kind = "foreach" if variant == "compile" else variant
    optimizer = torch.optim.Adam(parameters, lr=1e-3, eps=EPSILON, **{kind: True})
    step = torch.compile(optimizer.step) if variant == "compile" else optimizer.step

    def run():
        step()
        return parameters[0]

    return run


def matmul(tensors, variant, checking):
    a = tensor(tensors, "a")
    return lambda: a @ a


class Clothes(torch.utils.data.Dataset):
    """Fashion-MNIST as bytes in memory, augmented one by one, or a batch at once."""

    def __init__(self, images, labels, augmented):
        self.images, self.labels, self.augmented = images, labels, augmented

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        image = self.images[index].float().div_(255)
        if self.augmented:
            down, across = torch.randint(0, 5, (2,)).tolist()
            image = functional.pad(image, (2, 2, 2, 2))[:, down:down + 28, across:across + 28]
            if torch.rand(()) < 0.5:
                image = image.flip(-1)
        return image, self.labels[index]


class ClothesInBatches(Clothes):
    def __getitems__(self, indices):
        indices = torch.tensor(indices)
        images = functional.pad(self.images[indices, 0], (2, 2, 2, 2))
        count = len(indices)
        rows = torch.arange(28) + torch.randint(0, 5, (count, 1))
        columns = torch.arange(28) + torch.randint(0, 5, (count, 1))
        columns = torch.where(torch.rand(count, 1) < 0.5, columns.flip(1), columns)
        images = images[torch.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]]
        return images.unsqueeze(1).float().div_(255), self.labels[indices]


def read_idx(path, offset):
    import gzip

    with gzip.open(path) as file:
        return numpy.frombuffer(file.read(), numpy.uint8, offset=offset)


def taking(count, batches, result=lambda features: features):
    """Takes some batches each time, one epoch after the other; gives the last one's features."""

    def endless():
        while True:
            yield from batches

    stream = endless()

    def run():
        for _ in range(count):
            features, _ = next(stream)
        return result(features)

    return run


def loader(tensors, variant, checking):
    folder = "/usr/share/datasets/fashion-mnist"
    if "APUS_DATA" in os.environ:
        folder = os.path.join(os.environ["APUS_DATA"], "fashion-mnist")
    images = torch.from_numpy(read_idx(f"{folder}/train-images-idx3-ubyte.gz", 16).copy()).view(-1, 1, 28, 28)
    labels = torch.from_numpy(read_idx(f"{folder}/train-labels-idx1-ubyte.gz", 8).astype(numpy.int64))
    in_batches = variant == "batched" and not checking
    batches = torch.utils.data.DataLoader(
        (ClothesInBatches if in_batches else Clothes)(images, labels, augmented=not checking), batch_size=128,
        shuffle=not checking, num_workers=1, persistent_workers=True, prefetch_factor=4, drop_last=True,
        collate_fn=(lambda batch: batch) if in_batches else None)

    return taking(100, batches)


def photos_loader(tensors, variant, checking):
    from torchvision import datasets, transforms

    size = (224, 224)
    changes = (
        [transforms.Resize(size)] if checking
        else [transforms.RandomResizedCrop(size), transforms.RandomHorizontalFlip()])
    photos = datasets.ImageFolder(os.environ["APUS_BENCH_PHOTOS"], transforms.Compose([
        *changes, transforms.ToTensor(),
        transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])]))
    workers = int(variant[0])
    batches = torch.utils.data.DataLoader(
        photos, batch_size=32, shuffle=not checking, num_workers=workers, persistent_workers=workers > 0, drop_last=True)

    return taking(10, batches, lambda features: features.permute(0, 2, 3, 1))


BOTH = ["eager", "compile"]
# The compiler chooses the layout of convolutions itself, whatever it is given.
IMAGES = ["eager", "eager-channels-last", "compile-channels-last"]

ROWS = {
    "mlp": Row(perceptron([784, 512, 10], functional.cross_entropy), BOTH),
    "tiny-mlp": Row(perceptron([19, 50, 50, 50, 50, 50, 1], functional.mse_loss), BOTH),
    "cnn": Row(cnn, IMAGES),
    "resnet50-infer-1": Row(resnet_infer, IMAGES),
    "resnet50-infer-16": Row(resnet_infer, IMAGES),
    "resnet50-train": Row(resnet_train, IMAGES),
    "lstm": Row(lstm, BOTH),
    "gpt-train": Row(gpt_train, BOTH),
    "gpt2-infer": Row(gpt2_infer, BOTH),
    "gpt2-decode": Row(gpt2_decode, BOTH),
    "layernorm-gelu": Row(layer_norm_gelu, BOTH),
    "adam": Row(adam_update, ["fused", "foreach", "compile"]),
    "cifar-train": Row(cifar_train, IMAGES),
    "photos-loader": Row(photos_loader, ["0-workers", "1-workers", "2-workers"]),
    "loader": Row(loader, ["samples", "batched"]),
    "matmul": Row(matmul, ["eager"]),
    **{f"{name}-{batch}": Row(vision(name), ["eager-channels-last", "compile-channels-last"])
       for name in NETWORKS for batch in (1, 8)},
}

if __name__ == "__main__":
    serve(ROWS, {}, lambda result: result.detach().numpy() if isinstance(result, torch.Tensor) else result)

"""Writes a torchvision network with random weights, pictures and its logits: torchvision_reference.py NAME FILE WEIGHTS.

WEIGHTS is what torch.save makes of the state dictionary; FILE holds pictures [batch, height, width, 3] and logits.
"""

import sys

import torch
import torchvision
from safetensors.torch import save_file

name, path, weights = sys.argv[1:4]
builders = {"SqueezeNet": "squeezenet1_0", "SqueezeNet1_1": "squeezenet1_1", "ViT-B/16": "vit_b_16",
            "ViT-B/32": "vit_b_32"}
torch.manual_seed(4)
model = getattr(torchvision.models, builders.get(name, name.lower()))(weights=None)
pictures = torch.randn(2, 3, 224, 224)
with torch.no_grad():
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 1.0
            torch.nn.init.normal_(module.weight, 1, 0.1)
            torch.nn.init.normal_(module.bias, 0, 0.1)
        elif isinstance(module, (torch.nn.Conv2d, torch.nn.Linear)) and module.bias is not None:
            torch.nn.init.normal_(module.bias, 0, 0.05)
    for parameter in model.parameters():
        # A transformer's head starts from nothing.
        if not parameter.any():
            torch.nn.init.normal_(parameter, 0, 0.05)
    model.train()(pictures)
    logits = model.eval()(pictures)
torch.save(model.state_dict(), weights)
save_file({"pictures": pictures.permute(0, 2, 3, 1).contiguous(), "expected": logits}, path)
print(f"{name}: {sum(p.numel() for p in model.parameters()):,} parameters, logits to {logits.abs().max():.3g}")

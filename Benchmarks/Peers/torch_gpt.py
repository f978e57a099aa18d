"""GPT in PyTorch, with the names that Apus gives its parts."""

import torch
from torch import nn

functional = nn.functional


class SelfAttention(nn.Module):
    def __init__(self, features, heads):
        super().__init__()
        self.heads = heads
        self.projection = nn.Linear(features, 3 * features)
        self.output = nn.Linear(features, features)

    def heads_of(self, x):
        batch, time, features = x.shape
        return self.projection(x).view(batch, time, 3, self.heads, features // self.heads).permute(2, 0, 3, 1, 4)

    def forward(self, x):
        query, key, value = self.heads_of(x)
        y = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        return self.output(y.transpose(1, 2).flatten(2))

    def extend(self, x, keys, values, position):
        """The same for one more token; keys and values `[batch, heads, capacity, size]` are written in place."""
        query, key, value = self.heads_of(x)
        keys[:, :, position:position + 1] = key
        values[:, :, position:position + 1] = value
        y = functional.scaled_dot_product_attention(query, keys[:, :, :position + 1], values[:, :, :position + 1])
        return self.output(y.transpose(1, 2).flatten(2))


class Block(nn.Module):
    def __init__(self, features, heads, approximate):
        super().__init__()
        self.norm1 = nn.LayerNorm(features)
        self.attention = SelfAttention(features, heads)
        self.norm2 = nn.LayerNorm(features)
        self.expansion = nn.Linear(features, 4 * features)
        self.gelu = nn.GELU(approximate=approximate)
        self.contraction = nn.Linear(4 * features, features)

    def feed(self, x):
        return x + self.contraction(self.gelu(self.expansion(self.norm2(x))))

    def forward(self, x):
        return self.feed(x + self.attention(self.norm1(x)))

    def extend(self, x, keys, values, position):
        return self.feed(x + self.attention.extend(self.norm1(x), keys, values, position))


class GPT(nn.Module):
    def __init__(self, vocabulary, context, features, heads, depth, approximate, has_own_head):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, features)
        self.positions = nn.Embedding(context, features)
        self.blocks = nn.ModuleList(Block(features, heads, approximate) for _ in range(depth))
        self.norm = nn.LayerNorm(features)
        self.head = nn.Linear(features, vocabulary) if has_own_head else None

    def logits(self, x):
        x = self.norm(x)
        return self.head(x) if self.head is not None else functional.linear(x, self.tokens.weight)

    def forward(self, numbers):
        x = self.tokens(numbers) + self.positions.weight[:numbers.shape[1]]
        for block in self.blocks:
            x = block(x)
        return self.logits(x)

    def extend(self, numbers, caches, position):
        x = self.tokens(numbers) + self.positions.weight[position]
        for block, (keys, values) in zip(self.blocks, caches):
            x = block.extend(x, keys, values, position)
        return self.logits(x)


def small():
    return GPT(65, 256, 384, 6, 6, "none", True)


def gpt2():
    with torch.device("meta"):
        model = GPT(50257, 1024, 768, 12, 12, "tanh", False)
    return model.to_empty(device="cpu")

"""A small Llama-like decoder of our own: the model whose graphs are in samples/.

One decode step takes the token ids, their position and one key and one value cache per layer. The caches are written in
place (`cache[:batch, position] = key`), with a batch that may be smaller than the cache's: this is what a compiled graph
turns into slice -> index_put -> slice_scatter -> copy_.
"""
import torch
import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    """Attention with a KV cache (fewer key/value heads than query heads are repeated), then a gated feed-forward layer."""

    def __init__(self, width, heads, kv_heads, feed_forward, dtype):
        super().__init__()
        self.heads, self.kv_heads, self.head_width = heads, kv_heads, width // heads

        def linear(inputs, outputs):
            return nn.Linear(inputs, outputs, bias=False, dtype=dtype)

        self.query = linear(width, heads * self.head_width)
        self.key = linear(width, kv_heads * self.head_width)
        self.value = linear(width, kv_heads * self.head_width)
        self.out = linear(heads * self.head_width, width)
        self.gate, self.up, self.down = linear(width, feed_forward), linear(width, feed_forward), linear(feed_forward, width)
        self.attention_norm = nn.Parameter(torch.ones(width, dtype=dtype))
        self.feed_forward_norm = nn.Parameter(torch.ones(width, dtype=dtype))

    def forward(self, x, key_cache, value_cache, position, cos, sin, mask):
        batch, tokens, _ = x.shape
        h = rms_norm(x, self.attention_norm)
        query = rotate(self.query(h).view(batch, tokens, self.heads, self.head_width), cos, sin)
        key = rotate(self.key(h).view(batch, tokens, self.kv_heads, self.head_width), cos, sin)
        value = self.value(h).view(batch, tokens, self.kv_heads, self.head_width)

        key_cache[:batch, position] = key
        value_cache[:batch, position] = value

        keys = self.repeat(key_cache[:batch]).transpose(1, 2)
        values = self.repeat(value_cache[:batch]).transpose(1, 2)
        attended = F.scaled_dot_product_attention(query.transpose(1, 2), keys, values, attn_mask=mask)
        x = x + self.out(attended.transpose(1, 2).reshape(batch, tokens, -1))
        h = rms_norm(x, self.feed_forward_norm)
        return x + self.down(F.silu(self.gate(h)) * self.up(h))

    def repeat(self, cache):
        times = self.heads // self.kv_heads
        return cache if times == 1 else cache.repeat_interleave(times, 2)


class Llama(nn.Module):
    def __init__(self, layers, width, heads, kv_heads, feed_forward, vocabulary, positions, dtype):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width, dtype=dtype)
        self.blocks = nn.ModuleList(Block(width, heads, kv_heads, feed_forward, dtype) for _ in range(layers))
        self.norm = nn.Parameter(torch.ones(width, dtype=dtype))
        self.head = nn.Linear(width, vocabulary, bias=False, dtype=dtype)
        half = torch.arange(0, width // heads, 2).float() / (width // heads)
        angles = torch.arange(positions).float()[:, None] / 10000**half
        self.register_buffer("cos", angles.cos())
        self.register_buffer("sin", angles.sin())

    def forward(self, ids, position, key_caches, value_caches):
        x = self.embedding(ids)
        cos, sin = self.cos[position], self.sin[position]
        length = key_caches[0].shape[1]
        mask = (torch.arange(length, device=ids.device)[None, :] <= position[:, None])[None, None]
        for block, key_cache, value_cache in zip(self.blocks, key_caches, value_caches):
            x = block(x, key_cache, value_cache, position, cos, sin, mask)
        return self.head(rms_norm(x, self.norm))


def rms_norm(x, weight):
    y = x.float()
    return (y * torch.rsqrt(y.pow(2).mean(-1, keepdim=True) + 1e-5)).to(x.dtype) * weight


def rotate(x, cos, sin):
    """Rotary position embedding of [batch, tokens, heads, head width]; cos and sin are [tokens, head width / 2]."""
    a, b = x.float().chunk(2, -1)
    cos, sin = cos[None, :, None, :], sin[None, :, None, :]
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1).to(x.dtype)


def caches(layers, batch, length, kv_heads, head_width, dtype, fill=torch.zeros):
    """One list of key caches and one of value caches, [batch, length, kv heads, head width] each."""
    shape = (batch, length, kv_heads, head_width)
    return [fill(*shape).to(dtype) for _ in range(layers)], [fill(*shape).to(dtype) for _ in range(layers)]

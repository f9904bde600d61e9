"""The sensor noise of a sample, written out: what every reader adds to a picture that is stored without it."""

import numpy as np

WORD = (1 << 64) - 1
STREAM = 0x53454E534F52  # the ASCII codes of SENSOR


def philox4x64(counter, key):
    """Philox 4×64 with ten rounds (Salmon et al., SC 2011): counter and key to four 64-bit numbers."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        first, second = 0xD2E7470EE14C6C93 * c0, 0xCA5A826395121157 * c2
        c0, c1, c2, c3 = (second >> 64) ^ c1 ^ k0, second & WORD, (first >> 64) ^ c3 ^ k1, first & WORD
        k0, k1 = (k0 + 0x9E3779B97F4A7C15) & WORD, (k1 + 0xBB67AE8584CAA73B) & WORD
    return c0, c1, c2, c3


def random_16_bits(seed, sample_id, count):
    """`count` numbers of 16 bits: each 64-bit number gives four, the lowest bits first."""
    blocks = -(-count // 16)
    numbers = [philox4x64((block, 0, 0, STREAM), (seed, sample_id)) for block in range(1, blocks + 1)]
    return np.array(numbers, dtype="<u8").reshape(-1).view("<u2")[:count]


def add_noise(rgb, sigma, seed, sample_id, table):
    """`rgb` (H, W, 3) uint8 with noise; `table` is gaussian_quantiles.i16, 32768 little-endian 16-bit numbers."""
    if sigma == 0:
        return rgb.copy()
    sigma_fixed = round(float(np.float32(sigma)) * 65536)
    levels = (table.astype(np.int64) * sigma_fixed + (1 << 27)) >> 28  # whole 8-bit levels, rounded
    n = random_16_bits(seed, sample_id, rgb.size).astype(np.int64)
    noise = np.where(n < 32768, -levels[np.maximum(32767 - n, 0)], levels[np.maximum(n - 32768, 0)])
    return np.clip(rgb + noise.reshape(rgb.shape), 0, 255).astype(np.uint8)

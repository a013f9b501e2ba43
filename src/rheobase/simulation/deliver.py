"""Spikes to their targets: the inner loop of the engine.

A thread owns a slice of every population's neurons and the ring of input slots in front of them; slot ``s % slots``
holds what arrives during step ``s``. It reads the spike lists of all threads and adds along the rows that end in its
own slice, so nothing is shared while writing. The order of additions at one neuron (step, projection, source) does
not depend on how many slices there are: neither do the sums, to the last bit.
"""

from __future__ import annotations

import numpy as np

from rheobase.numerics.kernel import kernel
from rheobase.numerics.vectormath import prefetch

#: Columns of the projection table.
SOURCE, ROWS, FIRST, RING, SIZE, DELAY, WEIGHTS, DELAYS = range(8)


@kernel
def _prefetch(values, start, stop):
    """Ask for a row that comes next: rows lie anywhere in memory, and each wait is as long as a hundred additions."""
    for at in range(start, stop, 64 // values.itemsize):
        prefetch(values, at)


@kernel
def _add_constant(tile, targets, weight):
    for j in range(targets.size):
        tile[targets[j]] += weight


@kernel
def _add_weighted(tile, targets, weights):
    for j in range(targets.size):
        tile[targets[j]] += weights[j]


@kernel
def _add_delayed(ring, slot, base, targets, delays, weights, weight):
    """One row with a delay of its own for every synapse; ``weights`` may be empty, then ``weight`` holds for all."""
    slots = np.int64(ring.shape[0])
    for j in range(targets.size):
        at = slot + np.int64(delays[j])
        at = at - slots if at >= slots else at
        ring[at, base + np.int64(targets[j])] += weights[j] if weights.size > 0 else weight


@kernel
def deliver(ring, first_step, n_steps, spikes, counts, offsets, table, constant, rows, targets, weights, delays):
    """Add the spikes of ``n_steps`` steps to the ring of one slice.

    Parameters
    ----------
    ring
        (slots, width) float32: input to come.
    spikes, counts, offsets
        Neuron indices (slices, steps, width) of the spikes, how many (slices, steps, populations), and where each
        population's list starts (slices, populations).
    table
        One row a projection: source population, start of its row starts, first synapse, place in the ring, size of its
        target slice, delay in steps, first weight or -1, first delay or -1.
    constant
        Weight of each projection, where it is constant.
    """
    slots = ring.shape[0]
    for k in range(n_steps):
        slot = (first_step + k) % slots
        for p in range(table.shape[0]):
            source, row0, first = table[p, SOURCE], table[p, ROWS], table[p, FIRST]
            base, size = table[p, RING], table[p, SIZE]
            first_weight, first_delay = table[p, WEIGHTS], table[p, DELAYS]
            tile = ring[(slot + table[p, DELAY]) % slots, base : base + size]
            for part in range(spikes.shape[0]):
                begin = offsets[part, source]
                last = begin + counts[part, k, source] - 1
                for j in range(begin, last + 1):
                    row = row0 + spikes[part, k, j]
                    start, stop = first + rows[row], first + rows[row + 1]
                    after = row0 + spikes[part, k, min(j + 1, last)]
                    next_start, next_stop = first + rows[after], first + rows[after + 1]
                    _prefetch(targets, next_start, next_stop)
                    if first_weight >= 0:
                        _prefetch(weights, next_start - first + first_weight, next_stop - first + first_weight)
                    if first_delay >= 0:
                        _prefetch(delays, next_start - first + first_delay, next_stop - first + first_delay)
                    if first_delay >= 0:
                        shift = first_delay - first
                        w = (
                            weights[first_weight + start - first : first_weight + stop - first]
                            if first_weight >= 0
                            else weights[:0]
                        )
                        _add_delayed(
                            ring, slot, base, targets[start:stop], delays[start + shift : stop + shift], w, constant[p]
                        )
                    elif first_weight >= 0:
                        shift = first_weight - first
                        _add_weighted(tile, targets[start:stop], weights[start + shift : stop + shift])
                    else:
                        _add_constant(tile, targets[start:stop], constant[p])


@kernel
def keep_spikes(kept, at, first_step, n_steps, spikes, counts, offsets):
    """Append a slice's spike lists to columns (step at whose end it fired, population, neuron); returns how many
    there are.
    """
    for k in range(n_steps):
        for population in range(counts.shape[1]):
            begin = offsets[population]
            for j in range(begin, begin + counts[k, population]):
                kept[0, at] = first_step + k + 1
                kept[1, at] = population
                kept[2, at] = spikes[k, j]
                at += 1
    return at

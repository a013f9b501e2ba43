"""The integrator of `rheobase.compile.orbit`, the same text for every neuron.

``orbits`` follows rows ``low`` to ``high`` from their start values for ``duration``:

- ``starts`` (rows, n), ``parameters`` (rows, parameters);
- ``samples`` (T,): times at which states are written to ``kept`` (rows, n, T);
- ``driven``: index of a parameter that is linear between ``breaks`` (K,) with ``levels`` (rows or 1, K); a repeated
  break is a jump; -1 for none. Steps never reach over a break;
- ``events``: whether the neuron fires; ``stop_after``: end of a row after so many spikes; ``sign`` -1 goes backward;
- ``halt`` (1,): something else than 0 ends it soon; ``most``: steps a row at most;
- results: ``final`` (rows, n), ``ended`` (rows,), ``status`` (rows,), ``counts`` (rows,); returned are the spikes of
  all rows in order: times, states before, states after.

A neuron that is not refractory fires where its threshold condition becomes true, or at once where it is true already:
at the start, at the end of a refractory time, after a reset. Without reset and refractory time, or where refractoriness
is a condition, the threshold condition must have been false in between, by more than the tolerance: else an orbit that
grazes the threshold would fire at every step. The moment is found on the step's polynomial, then corrected with steps
that end there.

Where the kernel is written for ``STIFF`` equations, steps become implicit (`rheobase.compile.orbit_implicit`) once it
is the fastest state that limits the explicit ones, and explicit again where that does not pay, or before an event:
those are always located with explicit steps.
"""

LOOP = '''
ASIDE = 1e-4  # of a step: where its slope at an end is read
GOLDEN = 0.3819660112501051
MARGIN = 10.0  # by how many tolerances a neuron has to leave its threshold, before it passes it again


@inner
def step(x, p, last, t, h, active, sign, course, driven, k, y):
    """From x with slope k[0] over h: the stages' slopes in k, the end in y."""
    for s in range(1, 7):
        stage(s, N, x, h, k, y)
        now = t + C[s] * h
        if driven >= 0:
            p[driven] = course[0] + course[1] * (now - course[2])
        slope(y, p, last, now, active, sign, k, s)


@inner
def crossing(which, x, y, p, last, t, h, active, course, driven, k, z, low, below, high, above):
    """The fraction of a step at which the gap vanishes, by the Illinois method on the polynomial."""
    side = 0
    while high - low > 1e-15:
        middle = low + (high - low) * below / (below - above)
        if not (middle > low and middle < high):
            middle = 0.5 * (low + high)
        between(N, x, y, h, k, middle, z)
        value = gap(which, z, p, last, t + middle * h, active, course, driven)
        if value > 0.0:
            if high - middle < 1e-14:
                high = middle
                break
            high, above = middle, value
            below = 0.5 * below if side == 1 else below
            side = 1
        else:
            if value == 0.0:
                return middle
            low, below = middle, value
            above = 0.5 * above if side == -1 else above
            side = -1
    return high


@inner
def found(which, x, y, p, last, t, h, active, course, driven, k, z, below):
    """The fraction of a step at which an event lies; 2 if there is none. A top in between is looked for."""
    above = gap(which, y, p, last, t + h, active, course, driven)
    if above > 0.0:
        return crossing(which, x, y, p, last, t, h, active, course, driven, k, z, 0.0, below, 1.0, above)
    rising, rise, fall = above > below, 0.0, 0.0
    for turn in range(2):  # a top lies between a rise and a fall; the one that is less likely is looked at first
        end = (turn == 0) == rising
        for i in range(N):
            z[i] = y[i] - ASIDE * h * k[6, i] if end else x[i] + ASIDE * h * k[0, i]
        change = gap(which, z, p, last, t + (1.0 - ASIDE if end else ASIDE) * h, active, course, driven)
        change = (change - (above if end else below)) / ASIDE
        if not change > 0.0:
            return 2.0
        rise, fall = (rise, change) if end else (change, fall)
    if max(below, above) + max(rise, fall) <= 0.0:
        return 2.0
    low, high = 0.0, 1.0
    left, right = GOLDEN, 1.0 - GOLDEN
    between(N, x, y, h, k, left, z)
    first = gap(which, z, p, last, t + left * h, active, course, driven)
    between(N, x, y, h, k, right, z)
    second = gap(which, z, p, last, t + right * h, active, course, driven)
    while high - low > 1e-3 and first <= 0.0 and second <= 0.0:
        if first > second:
            high, right, second = right, left, first
            left = low + GOLDEN * (high - low)
            between(N, x, y, h, k, left, z)
            first = gap(which, z, p, last, t + left * h, active, course, driven)
        else:
            low, left, first = left, right, second
            right = high - GOLDEN * (high - low)
            between(N, x, y, h, k, right, z)
            second = gap(which, z, p, last, t + right * h, active, course, driven)
    place, above = (left, first) if first > 0.0 else (right, second)
    if not above > 0.0:
        return 2.0
    return crossing(which, x, y, p, last, t, h, active, course, driven, k, z, 0.0, below, place, above)


@inner
def arrive(which, theta, x, p, last, t, h, active, sign, course, driven, k, y, z):
    """Step to an event: Newton corrections of its time with whole steps. Returns the time since t, the state in y."""
    width = 1e-4 * theta
    between(N, x, y, h, k, theta - width, z)
    lower = gap(which, z, p, last, t + (theta - width) * h, active, course, driven)
    between(N, x, y, h, k, theta, z)
    rate = (gap(which, z, p, last, t + theta * h, active, course, driven) - lower) / width
    old, residual = theta, 0.0
    for turn in range(5):
        step(x, p, last, t, theta * h, active, sign, course, driven, k, y)
        value = gap(which, y, p, last, t + theta * h, active, course, driven)
        if turn > 0 and theta != old and (value - residual) / (theta - old) > 0.0:
            rate = (value - residual) / (theta - old)
        better = theta - value / rate
        inside = better > 0.0 and better <= 1.0
        if value == 0.0 or not rate > 0.0 or not inside or abs(better - theta) < 2e-16 * theta:
            break
        if turn < 4:
            old, residual, theta = theta, value, better
    return theta * h


@njit("UniTuple(f8[::1], 3)(i8, i8, f8[:, ::1], f8[:, ::1], f8, f8[::1], f8[:, :, ::1], i8, f8[::1], "
      "f8[:, ::1], i8, i8, f8, f8, f8[::1], i8, i8[::1], f8[:, ::1], f8[::1], i8[::1], i8[::1],"
      "f8[::1], f8[::1], f8[::1], f8[:, ::1], f8[::1], f8[::1])",
      cache=True, nogil=True, error_model="numpy")
def orbits(low, high, starts, parameters, duration, samples, kept, driven, breaks, levels, events, stop_after, sign,
           rtol, atol, most, halt, final, ended, status, counts, x, y, z, k, p, course):
    matrix, order = np.empty((N, N)), np.empty(N, np.int64)
    none = np.int64(0)  # a plain 0 would be a type of its own, and all that takes it compiled twice
    room, total = none + 64, none
    times, before, after = resized(x, none, room), resized(x, none, room * N), resized(x, none, room * N)
    for row in range(low, high):
        for i in range(p.size):
            p[i] = parameters[row, i]
        for i in range(N):
            x[i] = starts[row, i]
        level = row if levels.shape[0] > 1 else 0
        t, last, until, below, wish, span = 0.0, -np.inf, 0.0, -1.0, 0.0, 0.0
        segment, sampled, steps, spikes, again, code = -1, 0, 0, 0, 0, 0
        flag, armed, fresh, restart = none, True, True, True
        implicit, tried = False, 0
        if driven >= 0:
            course[0], course[1], course[2] = levels[level, 0], 0.0, 0.0
        while sampled < samples.size and samples[sampled] <= 0.0:
            for i in range(N):
                kept[row, i, sampled] = x[i]
            sampled += 1
        while True:
            if halt[0] != 0:
                code = 5
                break
            while driven >= 0 and segment + 1 < breaks.size and t >= breaks[segment + 1]:
                segment += 1
                course[0], course[1], course[2] = levels[level, segment], 0.0, breaks[segment]
                if segment + 1 < breaks.size and breaks[segment + 1] > breaks[segment]:
                    rise = levels[level, segment + 1] - levels[level, segment]
                    course[1] = rise / (breaks[segment + 1] - breaks[segment])
                fresh, restart = True, True
            fires, theta = False, 2.0
            if fresh and events and flag == 0:
                below = gap(flag, x, p, last, t, flag == 0, course, driven)
                fires = below > 0.0 and armed
                span = max(span, abs(below))
                armed = armed or (below <= -MARGIN * rtol * span and t > last)
            if not fires:
                if t >= duration:
                    break
                limit = until if flag == 1 and until < duration else duration
                if driven >= 0 and segment + 1 < breaks.size and breaks[segment + 1] < limit:
                    limit = breaks[segment + 1]
                if fresh:
                    if driven >= 0:
                        p[driven] = course[0] + course[1] * (t - course[2])
                    slope(x, p, last, t, flag == 0, sign, k, none)
                    if restart:
                        wish = first_step(N, x, k, rtol, atol, duration)
                    fresh, restart = False, False
                h = wish
                hit = h >= (limit - t) * (1.0 - 1e-12)
                h = limit - t if hit else h
                if STIFF and implicit:
                    error, fast = implicit_step(x, p, last, t, h, flag == 0, sign, course, driven, rtol, atol, k, y,
                                                z, matrix, order)
                    if not h * fast > LEAVE:
                        implicit, tried, wish = False, 0, START / fast if START / fast < h else h
                        continue
                else:
                    step(x, p, last, t, h, flag == 0, sign, course, driven, k, y)
                    error = error_of(N, x, y, h, k, rtol, atol)
                    fast = 0.0
                steps += 1
                if not error <= 1.0:
                    wish = h * (factor_of(error) if not implicit else shrunk(error))
                    if wish < 1e-30:  # a steep upstroke takes less than the time can resolve, and yet is no blow-up
                        code = 2
                        break
                    continue
                longer = h * (factor_of(error) if not implicit else shrunk(error))
                wish = wish if hit and wish > longer else longer
                if events and flag != 1:
                    if flag == 2 or armed:
                        theta = found(flag, x, y, p, last, t, h, flag == 0, course, driven, k, z, below)
                if STIFF and implicit and theta <= 1.0:
                    implicit, tried, wish = False, 0, START / fast if START / fast < h else h
                    continue
                then = limit if hit else t + h
                if theta <= 1.0:
                    then = t + theta * h
                while sampled < samples.size and samples[sampled] <= then:
                    place = (samples[sampled] - t) / h
                    between(N, x, y, h, k, place if place < 1.0 else 1.0, z)
                    for i in range(N):
                        kept[row, i, sampled] = z[i]
                    sampled += 1
                if theta <= 1.0:
                    t += arrive(flag, theta, x, p, last, t, h, flag == 0, sign, course, driven, k, y, z)
                    fires, fresh = flag == 0, True
                    if flag == 2:
                        flag, armed = none, False
                else:
                    t = then
                    for i in range(N):
                        k[0, i] = k[6, i]
                    if events and flag != 1:
                        below = gap(flag, y, p, last, t, flag == 0, course, driven)
                        span = max(span, abs(below)) if flag == 0 else span
                        armed = armed or (below <= -MARGIN * rtol * span and flag == 0)
                    if flag == 1 and t >= until:
                        flag, armed, fresh, restart = none, True, True, True
                bound = 0.0
                for i in range(N):
                    x[i] = y[i]
                    bound += abs(x[i])
                if STIFF and not (implicit or fires or fresh or hit):
                    tried += 1
                    if tried == PERIOD:
                        tried = 0
                        fast = slopes_by_states(x, p, last, t, flag == 0, sign, course, driven, rtol, atol, k, y,
                                                matrix)
                        implicit = h * fast > LIMITED
                        wish = 4.0 * h if implicit else wish
                if not bound < 1e15:
                    code = 2
                    break
                if steps >= most:
                    code = 3
                    break
            if fires:
                if total == room:
                    room *= 2
                    times = resized(times, total, room)
                    before = resized(before, total * N, room * N)
                    after = resized(after, total * N, room * N)
                times[total] = t
                for i in range(N):
                    before[total * N + i] = x[i]
                pause = spike(x, p, last, t)
                for i in range(N):
                    after[total * N + i] = x[i]
                total += 1
                spikes += 1
                again = again + 1 if t - last < 1e-10 else 1
                last = t
                if spikes == stop_after:
                    code = 1
                    break
                if again > 100:
                    code = 4
                    break
                fresh, restart, armed = True, restart or RESETS, RESETS
                if KIND == 1 and pause > 0.0:
                    flag, until = none + 1, t + pause
                elif KIND == 1:
                    armed = True
                elif KIND == 2:
                    flag, below = none + 2, -1e-300
                    if RESETS:  # it may have left the condition; one that stands on its edge and moves into it has not
                        slope(x, p, last, t, False, sign, k, none)
                        nudge = 1e-3 * first_step(N, x, k, rtol, atol, 1.0)
                        for i in range(N):
                            z[i] = x[i] + nudge * k[0, i]
                        below = gap(flag, z, p, last, t + nudge, False, course, driven)
                        flag = flag if below < 0.0 else none
        for i in range(N):
            final[row, i] = x[i]
        ended[row], status[row], counts[row] = t, code, spikes
    return resized(times, total, total), resized(before, total * N, total * N), resized(after, total * N, total * N)
'''

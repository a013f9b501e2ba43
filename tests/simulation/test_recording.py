"""What a recording holds, and its statistics against cases whose answer is known."""

from __future__ import annotations

import os

import numpy as np
import pytest

from rheobase import library
from rheobase.errors import ModelError
from rheobase.model.network import Network, Population
from rheobase.simulation import Recording, Spikes, simulate
from rheobase.units import Hz, ms, mV, pA, second


def recording_of(trains: list, duration: float, dt: float = 0.1) -> Recording:
    """A recording of one population with given spike times."""
    neuron = np.concatenate([np.full(len(train), k) for k, train in enumerate(trains)]).astype(np.int32)
    times = np.concatenate([np.asarray(train, float) for train in trains])
    order = np.lexsort((neuron, times))
    spikes = Spikes(np.zeros(times.size, np.int32), neuron[order], times[order])
    return Recording(spikes, ("A",), (len(trains),), duration, dt, 0)


def test_rate_of_a_clock():
    """Two neurons at 100 Hz and one that is silent; a regular train has no error."""
    clock = np.arange(10, 1001, 10.0)
    rate, error = recording_of([clock, clock, []], 1000).rates()["A"]
    assert rate == pytest.approx(200 / 3)
    assert error == pytest.approx(0, abs=1e-9)


def test_rate_from_a_start():
    """A spike at the end of a window belongs to it, for spikes stand at the end of their steps."""
    recording = recording_of([[100.0, 100.1, 550.0, 1000.0]], 1000)
    assert recording.rates(100)["A"][0] == pytest.approx(3 / 0.9)
    assert recording.rates(100 * ms) == recording.rates(100)
    assert recording.rates(0.1 * second) == recording.rates(100)
    assert recording.rates(99.9)["A"][0] == pytest.approx(4 / 0.9001)


def test_standard_error_of_ten_windows_by_hand():
    """Counts 1 and 3 in turn: windows that go against their neighbours count as independent ones."""
    counts = [1, 3] * 5
    train = np.concatenate([100 * k + np.linspace(10, 90, n) for k, n in enumerate(counts)])
    rate, error = recording_of([train], 1000).rates()["A"]
    assert rate == pytest.approx(20)
    assert error == pytest.approx(np.std(np.array(counts) * 10.0, ddof=1) / np.sqrt(10))


def test_standard_error_is_the_spread_over_seeds():
    """100 seeds of independent Poisson neurons: mean square error against the variance of the rates.

    The square has a relative standard deviation of about sqrt(2/99) on either side, 4 times which is allowed; what the
    neighbours add (their positive part only) is 2*E[max(r, 0)] = 2*0.4/sqrt(10) of the variance on average.
    """
    population = Population(library.poisson(rate=30 * Hz), 20, "A")
    rates = np.array([simulate(population, 300 * ms, seed=seed).rates()["A"] for seed in range(100)])
    spread = rates[:, 0].var(ddof=1)
    ratio = (rates[:, 1] ** 2).mean() / spread
    assert spread == pytest.approx(30 / (20 * 0.3), rel=4 * np.sqrt(2 / 99))
    assert 1 - 4 * np.sqrt(2 / 99) < ratio / (1 + 0.8 / np.sqrt(10)) < 1 + 4 * np.sqrt(2 / 99)


def test_shared_fluctuations_are_in_the_error():
    """100 neurons that copy one Poisson train: the error is that of the one, not a tenth of it."""
    train = np.sort(np.random.default_rng(0).uniform(0, 2000, 80))
    alone, copied = (recording_of([train] * n, 2000).rates()["A"] for n in (1, 100))
    assert alone == pytest.approx(copied)
    assert alone[1] > 1


def test_cv_by_hand():
    """Intervals 10, 20, 30: mean 20, standard deviation 10. Neurons with fewer than three spikes do not count."""
    recording = recording_of([[10, 20, 40, 70], [5, 9], [], np.arange(10, 101, 10)], 100)
    assert recording.cv()["A"] == pytest.approx((0.5 + 0.0) / 2)
    assert recording.cv(15)["A"] == pytest.approx((np.std([20, 30], ddof=1) / 25 + 0.0) / 2)
    assert np.isnan(recording_of([[1, 2]], 100).cv()["A"])
    assert np.isnan(recording_of([[]], 100).cv()["A"])


def test_fano_by_hand():
    recording = recording_of([[5, 105, 106, 110, 210], [50, 150, 250], []], 300)
    expected = (np.var([1, 3, 1], ddof=1) / (5 / 3) + 0.0) / 2
    assert recording.fano(window=100)["A"] == pytest.approx(expected)
    assert recording.fano(window=100 * ms) == recording.fano(window=0.1 * second)
    assert np.isnan(recording.fano(window=200)["A"])  # one window only


def test_population_rate_by_hand():
    """Bins close at their end; an incomplete last bin is left out."""
    recording = recording_of([[0.1, 2.0, 2.1, 9.9], [4.0]], 9.9)
    time, rate = recording.population_rate("A", bin=2)
    assert time == pytest.approx([1, 3, 5, 7])
    assert rate == pytest.approx(np.array([2, 2, 0, 0]) * 1e3 / (2 * 2))
    time, rate = recording.population_rate(bin=2 * ms, start=2)
    assert time == pytest.approx([3, 5, 7])
    assert rate.sum() == pytest.approx(2 * 1e3 / 4)


def test_every_spike_of_a_simulation_is_in_exactly_one_bin():
    recording = simulate(Population(library.poisson(rate=100 * Hz), 50, "A"), 210 * ms)
    for bin_, start in ((0.1, 0), (0.3, 0), (0.7, 0), (1.0, 10), (10.0, 110)):
        time, rate = recording.population_rate("A", bin=bin_, start=start)
        inside = recording.spikes.time > start + 1e-6
        assert rate.sum() * bin_ * 50 / 1e3 == pytest.approx(inside.sum())
        assert time.size == round((210 - start) / bin_)


def test_spectrum_finds_a_rhythm():
    """A population that fires at 50 Hz together: there is its power, and all of it is the variance."""
    clock = np.arange(20, 2001, 20.0)
    recording = recording_of([clock] * 10, 2000)
    frequency, density = recording.spectrum("A", bin=1, segment=200)
    assert frequency[np.argmax(density[:15])] == pytest.approx(50)
    _, rate = recording.population_rate("A", 1)
    assert density.sum() * frequency[1] == pytest.approx(rate.var(), rel=0.05)


@pytest.fixture(scope="module")
def traced() -> Recording:
    network = Network(
        [
            Population(library.lif(I=500 * pA), 3, "E", v=np.array([-65, -60, -55]) * mV),
            Population(library.lif(), 2, "I"),
        ],
        name="two",
    )
    return simulate(network, 50 * ms, record={"E": {"v": [2, 0]}, "I": "v"}, seed=3)


def test_traces(traced: Recording):
    assert traced.times == pytest.approx(0.1 * np.arange(1, 501))
    assert traced.traces["E"]["v"].shape == (500, 2)
    assert traced.traced["E"]["v"].tolist() == [2, 0]
    assert traced.traced["I"]["v"].tolist() == [0, 1]
    start = np.array([-55, -65])
    assert traced.traces["E"]["v"][0] == pytest.approx(-45 + (start + 45) * np.exp(-0.01), rel=1e-12)
    assert traced.traces["I"]["v"] == pytest.approx(-65.0)


def test_what_a_recording_says_of_itself(traced: Recording):
    assert (traced.populations, traced.sizes) == (("E", "I"), (3, 2))
    assert (traced.duration, traced.dt, traced.seed, traced.name) == (pytest.approx(50), 0.1, 3, "two")
    assert traced.status == "finished"
    assert traced.wall > 0 and traced.build > 0
    summary = traced.summary()
    assert summary.startswith("two: 50 ms in ")
    assert "E: 3 neurons" in summary and "I: 2 neurons, 0 +- 0 Hz" in summary


def test_spikes_are_sorted_and_can_be_picked(traced: Recording):
    assert (np.diff(traced.spikes.time) >= 0).all()
    assert len(traced.spikes.of(1)) == 0
    trains = [traced.train("E", k) for k in range(3)]
    assert sum(train.size for train in trains) == len(traced.spikes) > 6
    assert traced.train("E", 2)[0] < traced.train("E", 1)[0] < traced.train("E", 0)[0]


def test_save_and_load(traced: Recording, tmp_path):
    path = tmp_path / "run.npz"
    traced.save(path)
    again = Recording.load(path)
    for part in ("population", "neuron", "time"):
        one, two = getattr(again.spikes, part), getattr(traced.spikes, part)
        assert np.array_equal(one, two) and one.dtype == two.dtype
    for name in ("E", "I"):
        assert np.array_equal(again.traces[name]["v"], traced.traces[name]["v"])
        assert np.array_equal(again.traced[name]["v"], traced.traced[name]["v"])
    facts = (
        "populations",
        "sizes",
        "duration",
        "dt",
        "seed",
        "threads",
        "status",
        "wall",
        "synapses",
        "methods",
        "name",
    )
    assert all(getattr(again, fact) == getattr(traced, fact) for fact in facts)
    assert again.rates() == traced.rates()


def test_save_is_whole_or_not_at_all(traced: Recording, tmp_path, monkeypatch):
    """When writing fails, the file of before is still there, and nothing else."""
    path = tmp_path / "run.npz"
    traced.save(path)
    before = path.read_bytes()

    def fails(file, **arrays):
        file.write(b"half")
        raise OSError("no space left")

    monkeypatch.setattr(np, "savez_compressed", fails)
    with pytest.raises(OSError, match="no space left"):
        traced.save(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["run.npz"]


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04 and no more"])
def test_load_says_what_is_no_recording(content: bytes, tmp_path):
    path = tmp_path / "other.npz"
    path.write_bytes(content)
    with pytest.raises(ModelError) as error:
        Recording.load(path)
    assert str(error.value) == f"{path} is no recording that rheobase has saved"


def test_load_of_other_arrays_and_of_nothing(traced: Recording, tmp_path):
    np.savez(tmp_path / "arrays.npz", x=np.zeros(3))
    np.save(tmp_path / "array.npy", np.zeros(3))
    traced.save(tmp_path / "cut.npz")
    (tmp_path / "cut.npz").write_bytes((tmp_path / "cut.npz").read_bytes()[:-300])
    for name in ("arrays.npz", "array.npy", "cut.npz"):
        with pytest.raises(ModelError, match="is no recording that rheobase has saved"):
            Recording.load(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        Recording.load(tmp_path / "absent.npz")


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda r: r.rates(50), "start = 50 ms lies outside the simulated 50 ms"),
        (lambda r: r.cv(-1), "start = -1 ms lies outside the simulated 50 ms"),
        (lambda r: r.rates(1 * mV), "a time has to be a time (ms), but a voltage (mV) was given"),
        (lambda r: r.population_rate("X"), "there is no population 'X'; there are: E, I"),
        (lambda r: r.population_rate(), "there is no population None; there are: E, I"),
        (lambda r: r.population_rate("E", bin=0), "bin"),
        (lambda r: r.population_rate("E", bin=-1), "bin"),
        (lambda r: r.population_rate("E", start=60), "start = 60 ms lies outside the simulated 50 ms"),
        (lambda r: r.fano(window=0), "window"),
        (lambda r: r.spectrum("E", start=60), "start = 60 ms lies outside the simulated 50 ms"),
        (lambda r: r.train("X"), "there is no population 'X'; there are: E, I"),
        (lambda r: r.train("E", 7), "there is no neuron 7; population 'E' has 3"),
    ],
)
def test_questions_without_an_answer(traced: Recording, ask, message: str):
    with pytest.raises(ModelError) as error:
        ask(traced)
    assert message in str(error.value)


def test_traces_as_xarray_carry_times_neurons_and_facts():
    recording = simulate(Population(library.lif(I=400 * pA), 3, "E"), 5 * ms, record={"E": {"v": [0, 2]}}, seed=7)
    dataset = recording.to_xarray()
    assert dataset["E_v"].dims == ("time", "E_v_neuron")
    assert np.array_equal(dataset["E_v"].to_numpy(), recording.traces["E"]["v"])
    assert np.array_equal(dataset["E_v_neuron"], [0, 2])
    assert np.allclose(dataset["time"], recording.times)
    assert dataset["E_v"].attrs["units"] == "mV" and dataset.attrs["seed"] == 7

"""The command line: what it prints, what it writes, and the one sentence for a mistake."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from rheobase import library
from rheobase.cli import main
from rheobase.cli.models import published_rates
from rheobase.simulation import Recording

#: Full-scale simulations of Potjans & Diesmann (2014) in NEST, Hz.
PUBLISHED = (0.903, 2.965, 4.414, 5.876, 7.569, 8.633, 1.105, 7.829)
FILE = """
[network]
name = "mine"

[neurons.cell]
library = "lif"
parameters = {E_L = "0 mV", tau_m = "20 ms", v_th = "20 mV", v_reset = "10 mV"}

[[population]]
name = "E"
neuron = "cell"
size = 200

[[poisson]]
population = "E"
n = 1000
rate = "11 Hz"
weight = "0.1 mV"
"""


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def run(capsys, *arguments):
    code = main(list(arguments))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def refusal(capsys, *arguments):
    """What is said on stderr: one line, exit code 2, nothing on stdout."""
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("rheobase: ") and "Traceback" not in err
    return err.removeprefix("rheobase: ").rstrip("\n")


def test_the_path_of_a_new_user(capsys):
    code, out, _ = run(capsys, "list")
    assert code == 0
    assert all(name in out for name in library.names())

    Path("mine.toml").write_text(FILE.replace("weight =", "wieght ="))
    message = refusal(capsys, "compare", "mine.toml")
    assert message == "mine.toml: line 18: [[poisson]] 1: wieght: unknown key; did you mean 'weight'?"

    Path("mine.toml").write_text(FILE)
    code, out, _ = run(
        capsys, "compare", "mine.toml", "--duration", "200 ms", "--json", "mine.json", "--figure", "mine.png"
    )
    assert code == 0
    assert "mine: 200 neurons, 200 ms after 100 ms, seed 1" in out
    data = json.loads(Path("mine.json").read_text())
    assert data["network"] == "mine" and data["populations"][0]["rate_theory_hz"] > 10
    assert Path("mine.png").read_bytes().startswith(b"\x89PNG")


def test_several_seeds_and_rates_in_time(capsys):
    Path("mine.toml").write_text(FILE)
    options = ("--duration", "100 ms", "--seeds", "2", "--seed", "5", "--time-course", "--json", "mine.json")
    code, out, _ = run(capsys, "compare", "mine.toml", *options)
    assert code == 0
    assert "seeds 5, 6" in out and "rates in time, density equation against 2 seeds:" in out
    data = json.loads(Path("mine.json").read_text())
    assert data["seeds"] == [5, 6] and len(data["time_courses"]) == len(data["populations"])


@pytest.mark.parametrize("name", library.names())
def test_every_model_of_the_library_is_shown_with_its_source(capsys, name):
    code, out, _ = run(capsys, "show", name)
    assert code == 0
    entry = library.entry(name)
    assert entry.title in out and entry.source in out
    assert all(str(fact) in out for fact in entry.facts)


def test_a_network_is_printed_as_a_file_that_can_be_read(capsys):
    code, out, _ = run(capsys, "show", "brunel2000", "-p", "order=10", "-p", "epsilon=0.5", "--toml")
    Path("copy.toml").write_text(out)
    assert code == 0
    code, out, _ = run(capsys, "show", "copy.toml")
    assert code == 0
    assert "50 neurons, about 1,250 synapses" in out


def test_a_neuron_is_simulated_with_the_period_of_the_closed_form(capsys):
    code, out, _ = run(capsys, "simulate", "lif", "-p", "I=1000 pA", "--save", "spikes.npz", "--figure", "spikes.pdf")
    assert code == 0 and "exact: " in out
    times = np.load("spikes.npz")["time"]
    # 4.700036 ms to threshold, found at the next grid point, and 2 ms refractory
    np.testing.assert_allclose(np.diff(times), 6.8, atol=1e-9)
    assert times[0] == pytest.approx(4.8)
    assert Path("spikes.pdf").read_bytes().startswith(b"%PDF")


def test_the_seed_is_the_simulation(capsys):
    Path("mine.toml").write_text(FILE)
    for seed, name in ((1, "a"), (1, "b"), (2, "c")):
        assert (
            run(capsys, "simulate", "mine.toml", "--duration", "100", "--seed", str(seed), "--save", f"{name}.npz")[0]
            == 0
        )
    first, again, other = (np.load(f"{name}.npz")["time"] for name in "abc")
    assert np.array_equal(first, again) and not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "lif2"], "the library has no 'lif2'; did you mean 'lif'? (a file must end in .toml)"),
        (["compare", "brunel"], "the library has no 'brunel'; did you mean 'brunel2000'? (a file must end in .toml)"),
        (["compare", "no.toml"], "no.toml: cannot be read: No such file or directory"),
        (
            ["compare", "brunel2000", "-p", "gg=5"],
            "brunel2000 has no parameter 'gg'; it has: g, eta, epsilon, order, J, delay",
        ),
        (["simulate", "lif", "-p", "tau=5 ms"], "no equation uses a parameter 'tau'; did you mean 'tau_m'?"),
        (["simulate", "lif", "-p", "tau_m"], "argument -p: 'tau_m' is not of the form NAME=VALUE, such as g=5"),
        (
            ["simulate", "lif", "-p", "tau_m=5 mx"],
            "argument -p: tau_m: cannot read '5 mx' as a quantity",
        ),
        (["simulate", "lif", "--duration", "5 mV"], '\'5 mV\' is not a time; write "500 ms", "1 s" or a number in ms'),
        (["simulate", "lif", "--duration", "0"], "argument --duration: '0' must be more than 0"),
        (["simulate", "lif", "--duration", "inf"], "argument --duration: 'inf' must be finite and not negative"),
        (["simulate", "lif", "--threads", "0"], "argument --threads: '0' is not a whole number of at least 1"),
        (["simulate", "lif", "--seed", "x"], "argument --seed: 'x' is not a whole number of at least 0"),
        (["simulate", "lif", "--figure", "nowhere/a.png"], "nowhere/a.png: there is no folder nowhere; make it first"),
        (
            ["simulate", "lif", "--figure", "a.doc"],
            "a.doc: a figure cannot be written as 'doc'; use .png, .pdf or .svg",
        ),
        (["simulate", "lif", "--save", "."], ".: is a folder; give the name of a file"),
        (["compare", "lif"], "lif is a single neuron, and compare needs a network; try rheobase simulate lif"),
        (["cmpare"], "there is no command 'cmpare'; did you mean 'compare'?"),
        (["compare"], "the following arguments are required: NAME_OR_FILE"),
    ],
)
def test_a_mistake_gets_one_sentence(capsys, arguments, message):
    assert message in refusal(capsys, *arguments)


def test_parameters_of_a_file_are_changed_in_the_file(capsys):
    Path("mine.toml").write_text(FILE)
    message = refusal(capsys, "compare", "mine.toml", "-p", "tau_m=5 ms")
    assert message == "-p is for models of the library; change tau_m in mine.toml itself"


def test_published_rates_are_those_of_the_library_and_only_for_the_published_network():
    rates = published_rates("potjans_diesmann2014", [])
    assert rates == dict(zip(("23E", "23I", "4E", "4I", "5E", "5I", "6E", "6I"), PUBLISHED, strict=True))
    assert published_rates("potjans_diesmann2014", [("scale", 0.1)]) == {}
    assert published_rates("brunel2000", []) == {}


def test_version_and_help(capsys):
    assert run(capsys, "--version")[1] == f"rheobase {__import__('rheobase').__version__}\n"
    assert "rheobase compare brunel2000" in run(capsys)[1]


def start(*arguments):
    """The command in a process of its own, once Python has reached it."""
    code = "import sys; from rheobase.cli import main; print('ready', flush=True); sys.exit(main(sys.argv[1:]))"
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "ready\n"
    return process


def test_ctrl_c_ends_with_a_sentence(capsys):
    assert run(capsys, "simulate", "brunel2000", "--duration", "1 ms")[0] == 0  # compiled code is in the cache now
    process = start("simulate", "brunel2000", "--duration", "1000 s", "--save", "spikes.npz")
    time.sleep(5)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.strip().startswith("rheobase: interrupted at ")
    assert err.strip().endswith("ms of 1e+06 ms; the results are those until then")
    assert "Traceback" not in err
    assert 0 < Recording.load("spikes.npz").duration < 1e6


def test_the_reader_of_a_pipe_may_leave():
    process = start("show", "potjans_diesmann2014")
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(timeout=60) == 0


def test_the_demo_writes_its_table_and_figure(capsys):
    code, out, _ = run(capsys, "demo", "--output", "there", "--duration", "20 ms")
    assert code == 0
    assert out.count("leading mode of the theory: grows") == 2 and out.count("leading mode of the theory: decays") == 1
    assert {"table.txt", "figure.png"} <= {path.name for path in Path("there").iterdir()}

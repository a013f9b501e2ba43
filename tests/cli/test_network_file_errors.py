"""A malformed network file is told with file, line, table, key and reason."""

from pathlib import Path

import pytest

from rheobase import ModelError, Network
from rheobase.model.toml import NetworkFileError

GOOD = """\
[network]
name = "loop"

[neurons.lif]
equations = '''
dv/dt = -v/tau_m : mV (unless refractory)
tau_m : ms = 20*ms
'''
threshold = "v > 20*mV"
reset = "v = 10*mV"
refractory = "2 ms"

[[population]]
name = "E"
neuron = "lif"
size = 8

[[population]]
name = "I"
neuron = "lif"
size = 4

[[projection]]
pre = "E"
post = "I"
connect = {rule = "fixed_indegree", k = 3}
weight = "0.2 mV"
delay = "1.5 ms"

[[poisson]]
population = "E"
n = 10
rate = "12 Hz"
weight = "0.1 mV"
"""


def refusal(folder: Path, text: str) -> str:
    path = folder / "net.toml"
    path.write_text(text)
    with pytest.raises(NetworkFileError) as caught:
        Network.from_toml(path)
    return str(caught.value).replace(f"{path}: ", "net.toml: ")


def test_the_file_is_good_as_it_stands(tmp_path):
    (tmp_path / "net.toml").write_text(GOOD)
    network = Network.from_toml(tmp_path / "net.toml")
    assert (network.name, network.size) == ("loop", 12)
    assert network.populations[0].neuron.refractory is not None
    assert network.projections[0].weight == 0.2
    assert network.inputs_of("E")[0].rate == 12 * 1e-3


@pytest.mark.parametrize(
    ("wrong", "right", "message"),
    [
        ("wieght =", "weight =", "net.toml: line 27: [[projection]] 1: wieght: unknown key; did you mean 'weight'?"),
        (
            'weight = "0.2 pA"',
            'weight = "0.2 mV"',
            "net.toml: line 27: [[projection]] 1: weight: must be a voltage (mV), but is written '0.2 pA'",
        ),
        (
            'weight = "0.2 mX"',
            'weight = "0.2 mV"',
            "net.toml: line 27: [[projection]] 1: weight: cannot read '0.2 mX' as a quantity: 'mX' is not a unit",
        ),
        (
            "",
            'weight = "0.2 mV"\n',
            'net.toml: line 23: [[projection]] 1: weight: is missing; give a quantity such as "20 mV"',
        ),
        (
            "weight = true",
            'weight = "0.2 mV"',
            'net.toml: line 27: [[projection]] 1: weight: must be a quantity such as "20 mV"; several are written '
            '{values = [1, 2], unit = "mV"}',
        ),
        (
            'pre = "EE"',
            'pre = "E"',
            "net.toml: line 24: [[projection]] 1: pre: there is no population 'EE'; did you mean 'E'?",
        ),
        (
            "size = 8.5",
            "size = 8",
            "net.toml: line 16: [[population]] 1: size: must be a whole number, not a number (8.5)",
        ),
        ("size = -8", "size = 8", "net.toml: line 16: [[population]] 1: size: must be at least 1, not -8"),
        (
            'delay = "1.5 mV"',
            'delay = "1.5 ms"',
            "net.toml: line 28: [[projection]] 1: delay: must be a time (ms), but is written '1.5 mV'",
        ),
        (
            "fixed_indgree",
            "fixed_indegree",
            "net.toml: line 26: [[projection]] 1 connect: rule: there is no rule 'fixed_indgree'; did you mean "
            "'fixed_indegree'?",
        ),
        (
            "p = 3}",
            "k = 3}",
            "net.toml: line 26: [[projection]] 1 connect: p: unknown key; there are: rule, k, autapses, multapses",
        ),
        (
            'neuron = "lfi"\nsize = 8',
            'neuron = "lif"\nsize = 8',
            "net.toml: line 15: [[population]] 1: neuron: there is no [neurons.lfi] in this file; did you mean 'lif'?",
        ),
        ("[[poison]]", "[[poisson]]", "net.toml: line 30: poison: unknown key; did you mean 'poisson'?"),
        (
            "-v/tau_n ",
            "-v/tau_m ",
            "net.toml: line 5: [neurons.lif]: equations: unknown name 'tau_n' in line 1\n"
            "  dv/dt = -v/tau_n : mV (unless refractory)\n"
            "             ^^^^^\n"
            "did you mean 'tau_m'?",
        ),
        (
            'weight "0.2 mV"',
            'weight = "0.2 mV"',
            "net.toml: line 27: not valid TOML: Expected '=' after a key in a key/value pair\n"
            '  weight "0.2 mV"\n'
            "         ^",
        ),
        (
            'weight = "0.2 mV"\nsynapse = {kind = "exponental", tau = "2 ms"}',
            'weight = "0.2 mV"',
            "net.toml: line 28: [[projection]] 1 synapse: kind: there is no synapse 'exponental'; "
            "did you mean 'exponential'?",
        ),
        (
            'weight = "0.2 mV"\nsynapse = {kind = "exponential", tau = "2 ms"}',
            'weight = "0.2 mV"',
            "net.toml: line 23: [[projection]] 1 synapse: target: the neuron of 'I' has no "
            "parameter 'I'; there are: tau_m",
        ),
        (
            'weight = {distribution = "norml", mean = "1 mV", sd = "1 mV"}',
            'weight = "0.2 mV"',
            "net.toml: line 27: [[projection]] 1 weight: distribution: must be one of normal, lognormal, "
            "uniform, lorentzian, not 'norml'",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path, wrong, right, message):
    assert right in GOOD
    assert refusal(tmp_path, GOOD.replace(right, wrong, 1)) == message


def test_an_error_says_its_place_to_programs_too(tmp_path):
    path = tmp_path / "net.toml"
    path.write_text(GOOD.replace("weight", "wieght", 1))
    with pytest.raises(NetworkFileError) as caught:
        Network.from_toml(path)
    assert (caught.value.path, caught.value.key, caught.value.line) == (str(path), "wieght", 27)
    assert isinstance(caught.value, ModelError)


def test_a_file_without_populations_and_one_that_is_no_text(tmp_path):
    assert refusal(tmp_path, "") == "net.toml: has no [[population]]; a network needs at least one"
    path = tmp_path / "binary.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(NetworkFileError, match="is not a text file in UTF-8"):
        Network.from_toml(path)
    with pytest.raises(NetworkFileError, match=r"missing\.toml: cannot be read: No such file or directory"):
        Network.from_toml(tmp_path / "missing.toml")


def test_nothing_in_a_file_is_executed(tmp_path):
    text = GOOD.replace("-v/tau_m ", "__import__('os').getpid()*mV/ms ")
    assert "'__import__' is not allowed" in refusal(tmp_path, text)
    message = refusal(tmp_path, GOOD.replace('"0.2 mV"', "\"__import__('os').getpid() * mV\""))
    assert "cannot read" in message


@pytest.mark.parametrize("bracket", ["[", "{a="])
def test_what_is_nested_too_deeply_is_refused_with_a_sentence(tmp_path, bracket):
    assert refusal(tmp_path, "a = " + 3000 * bracket) == "net.toml: lists or tables are nested too deeply to be read"


@pytest.mark.parametrize("before", [0, 30, 100_000])
def test_a_long_line_is_cut_around_the_mistake(tmp_path, before):
    line = "a = [" + before * " " + ", \x00x" + 100_000 * "2"
    first, shown, caret = refusal(tmp_path, line).splitlines()
    assert first.startswith("net.toml: line 1: not valid TOML: ")
    assert len(shown) <= 2 + 3 + 120 + 3 and shown.endswith("...") and "\x00" not in shown
    assert shown[caret.index("^")] == ","


def test_a_number_that_python_refuses_is_refused_with_a_sentence(tmp_path):
    message = refusal(tmp_path, "a = " + 5000 * "1")
    assert message.startswith("net.toml: has a value that cannot be read: Exceeds the limit")

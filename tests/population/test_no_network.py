"""What is given in place of a network gets a sentence."""

import pytest

from rheobase import ModelError, library, population

TAKE_A_NETWORK = (
    population.steady_state, population.steady_states, population.working_point, population.stability,
    population.correlations, population.validity_report, population.diffusion_error, population.balanced_state,
    population.missing, population.input_map,
)  # fmt: skip


@pytest.mark.parametrize("function", TAKE_A_NETWORK, ids=lambda function: function.__name__)
@pytest.mark.parametrize("given", [library.lif(), "brunel2000", None], ids=["neuron", "text", "nothing"])
def test_a_sentence(function, given):
    with pytest.raises(ModelError, match="Network"):
        function(given)

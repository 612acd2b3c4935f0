"""What stands in Chinese documents has a Chinese name."""

from __future__ import annotations

import pytest

from circle15.core.tables import LAYERS
from circle15.show.names import layer_text


@pytest.mark.parametrize("layer", [*LAYERS, "study"])
def test_each_layer_that_a_finding_may_be_of_has_a_name(layer):
    assert not layer_text(layer).zh.isascii()

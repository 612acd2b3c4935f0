"""The element that hands the finished map to the page's script."""

from __future__ import annotations

from branca.element import MacroElement
from folium.template import Template


class Start(MacroElement):
    """Put last on a map: the script adds controls and the layers that are switched on."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        circle15.start({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(self) -> None:
        super().__init__()
        self._name = "Start"

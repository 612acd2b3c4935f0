"""OpenStreetMap input: the front door.

Streets by the pedestrian filter (``osmways``), homes from buildings (``osmbuildings``), facilities and hosts for new
ones (``osmplaces``), barriers (``osmbarriers``), zones from boundaries (``osmzones``), all from ``.osm``, ``.osm.gz``
or ``.osm.pbf``. Every function takes the path and the path as the study file writes it, for messages, and returns a
RawLayer: a GeoDataFrame in lon/lat without a CRS set, datum WGS84, with the attribution and, where the file states
them, its extent and the date of its data. Rows stand in the order node, way, relation, each by id, whatever the order
of the file.
"""

from __future__ import annotations

from circle15.read.osmbarriers import barriers
from circle15.read.osmbuildings import residential
from circle15.read.osmplaces import candidates, facilities
from circle15.read.osmways import streets
from circle15.read.osmzones import zones

__all__ = ["barriers", "candidates", "facilities", "residential", "streets", "zones"]

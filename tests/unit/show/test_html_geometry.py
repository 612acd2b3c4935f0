"""The way back to degrees."""

import numpy as np
import pyproj
import pytest
import shapely

from circle15.core.errors import CrsError
from circle15.show.geometry import to_wgs84

LON, LAT = 121.9, 27.1


def projected(crs, lon=LON, lat=LAT):
    return shapely.Point(pyproj.Transformer.from_crs("EPSG:4490", crs, always_xy=True).transform(lon, lat))


@pytest.mark.parametrize("crs", ["EPSG:4549", "EPSG:32651", pyproj.CRS("EPSG:4549").to_wkt()])
def test_comes_back_to_where_it_was(crs):
    (back,) = to_wgs84([projected(crs)], crs, 8)
    assert (back.x, back.y) == pytest.approx((LON, LAT), abs=1e-8)


def test_axes_are_longitude_then_latitude():
    # on the central meridian, 3,000 km from the equator: the longitude is exact by definition
    (point,) = to_wgs84([shapely.Point(500_000, 3_000_000)], "EPSG:4549", 7)
    assert point.x == 120.0
    assert 27 < point.y < 27.2


def test_rounds_to_the_decimals_that_the_caller_chose():
    line = shapely.LineString([projected("EPSG:4549", LON + step / 7, LAT) for step in range(5)])
    for decimals in (6, 8):
        (back,) = to_wgs84([line], "EPSG:4549", decimals)
        xy = shapely.get_coordinates(back)
        assert np.array_equal(xy, np.round(xy, decimals))
    assert not np.array_equal(xy, np.round(xy, 6))


def test_keeps_kinds_order_and_what_is_missing():
    shapes = [shapely.box(500_000, 3_000_000, 500_100, 3_000_100), None, shapely.Point(500_000, 3_000_000)]
    back = to_wgs84(shapes, "EPSG:4549", 7)
    assert [getattr(each, "geom_type", None) for each in back] == ["Polygon", None, "Point"]


def test_refuses_a_text_that_is_no_crs():
    with pytest.raises(CrsError):
        to_wgs84([shapely.Point(0, 0)], "EPSG:nonsense", 7)

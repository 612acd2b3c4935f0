"""Results → tables, GeoJSON, report, map and explanations. Geometry is unprojected here, once."""

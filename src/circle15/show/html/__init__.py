"""The map room: one self-contained HTML page of an audit, drawn with folium, and the index page of a batch without it.

Nothing outside this package imports folium or branca.
"""

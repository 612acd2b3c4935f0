/* Base maps of others: nothing is asked of them until the reader switches one on. */
const bases = (() => {
  "use strict";

  const { data } = page;
  let shown = [];

  // ---- GCJ-02, by the public formula; only the picture is moved, never a distance.

  const WEST = 72.004, EAST = 137.8347, SOUTH = 0.8293, NORTH = 55.8271;
  const AXIS = 6378245.0, ECCENTRICITY2 = 0.00669342162296594323;
  const waves = (value, parts) => parts.reduce((sum, [height, length]) => sum + height * Math.sin(value * length), 0) * 2 / 3;

  function shifted({ lat, lng }) {
    if (lng < WEST || lng > EAST || lat < SOUTH || lat > NORTH) return L.latLng(lat, lng);
    const x = lng - 105, y = lat - 35, pi = Math.PI;
    const ripple = waves(x, [[20, 6 * pi], [20, 2 * pi]]);
    const north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x)) + ripple
      + waves(y, [[20, pi], [40, pi / 3], [160, pi / 12], [320, pi / 30]]);
    const east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x)) + ripple
      + waves(x, [[20, pi], [40, pi / 3], [150, pi / 12], [300, pi / 30]]);
    const angle = lat * pi / 180, bent = 1 - ECCENTRICITY2 * Math.sin(angle) ** 2;
    return L.latLng(
      lat + north * 180 / (AXIS * (1 - ECCENTRICITY2) / bent ** 1.5 * pi),
      lng + east * 180 / (AXIS / Math.sqrt(bent) * Math.cos(angle) * pi));
  }

  /* Tiles in GCJ-02, moved as a whole by the shift at the middle of the window: elsewhere in it they lie off by less
     than a pixel. */
  const Moved = L.TileLayer.extend({
    onAdd(map) {
      L.TileLayer.prototype.onAdd.call(this, map);
      map.on("move zoom viewreset resize", this._place, this);
      this._place();
    },

    onRemove(map) {
      map.off("move zoom viewreset resize", this._place, this);
      L.TileLayer.prototype.onRemove.call(this, map);
    },

    _place() {
      const map = this._map, middle = map.getCenter();
      const away = map.latLngToLayerPoint(middle).subtract(map.latLngToLayerPoint(shifted(middle)));
      L.DomUtil.setPosition(this.getPane(), away);
    },

    _getTiledPixelBounds(center) {
      return L.TileLayer.prototype._getTiledPixelBounds.call(this, shifted(center));
    },
  });

  // ---- choice

  function made(base) {
    const Kind = base.gcj02 ? Moved : L.TileLayer;
    return base.tiles.map((address) => new Kind(address, {
      pane: base.gcj02 ? "moved" : "tilePane", subdomains: base.subdomains, key: base.key, maxNativeZoom: base.maxZoom,
      maxZoom: circle15.map.getMaxZoom(), attribution: page.element("span", "", base.credit).innerHTML,
    }));
  }

  function choose(name) {
    const { map } = circle15;
    for (const layer of shown) layer.remove();
    if (!map.getPane("moved")) map.createPane("moved").style.zIndex = 200;
    shown = name ? made(data.bases[name]) : [];
    for (const layer of shown) layer.addTo(map);
  }

  document.addEventListener("change", (event) => {
    if (event.target.name === "base") choose(event.target.value);
  });

  return { shifted };
})();

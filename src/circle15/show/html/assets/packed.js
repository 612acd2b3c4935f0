/* Many features in one canvas layer: a packed table, decoded once into typed arrays and drawn tile by tile. */
const packed = (() => {
  "use strict";

  const ZOOM = 20;
  const POINT = 0, LINE = 1, AREA = 2;
  const HIDDEN = 255;
  // Work of one animation frame: longer, and panning stutters.
  const FRAME_MS = 7;
  // Features between two looks at the clock.
  const BATCH = 400;
  // How far a feature is drawn beyond its box, in pixels of the screen: half a line, a point, a dot.
  const MARGIN = 12;
  // Cells of the index, in pixels of the table: 2 km at 30° north.
  const CELL_BITS = 14;
  // A footprint smaller than this many screen pixels is drawn as a dot, so that a city shows all of them; where there
  // are few, the dots are larger.
  const dotOf = (count) => Math.min(7, Math.max(2.2, 120 / Math.sqrt(count)));

  // ---- decoding

  function bytesOf(base64) {
    if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
    const text = atob(base64);
    const bytes = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
    return bytes;
  }

  async function unzip(base64) {
    const bytes = bytesOf(base64);
    if (typeof DecompressionStream === "undefined") return fflate.gunzipSync(bytes);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  async function unzipJson(base64) {
    return JSON.parse(new TextDecoder().decode(await unzip(base64)));
  }

  function reader(bytes) {
    let at = 0;
    return () => {
      let value = 0, scale = 1, byte = 0;
      do {
        byte = bytes[at];
        at += 1;
        value += (byte & 0x7f) * scale;
        scale *= 128;
      } while (byte & 0x80);
      return value;
    };
  }

  function signed(value) {
    return value % 2 ? -(value + 1) / 2 : value / 2;
  }

  /* kind of each feature; first part of each feature; first vertex of each part; x and y of each vertex; boxes. */
  function decode(bytes) {
    const next = reader(bytes);
    const count = next(), partCount = next(), vertexCount = next();
    for (let stream = 0; stream < 5; stream += 1) next();
    const table = {
      count,
      kind: new Uint8Array(count),
      part: new Uint32Array(count + 1),
      vertex: new Uint32Array(partCount + 1),
      xy: new Int32Array(2 * vertexCount),
      box: new Int32Array(4 * count),
    };
    for (let each = 0; each < count; each += 1) table.kind[each] = next();
    for (let each = 0; each < count; each += 1) table.part[each + 1] = table.part[each] + next();
    for (let each = 0; each < partCount; each += 1) table.vertex[each + 1] = table.vertex[each] + next();
    for (let axis = 0; axis < 2; axis += 1) {
      let value = 0;
      for (let each = 0; each < vertexCount; each += 1) {
        value += signed(next());
        table.xy[2 * each + axis] = value;
      }
    }
    for (let each = 0; each < count; each += 1) setBox(table, each);
    return table;
  }

  function setBox(table, each) {
    const { part, vertex, xy, box } = table;
    let west = Infinity, north = Infinity, east = -Infinity, south = -Infinity;
    for (let at = vertex[part[each]]; at < vertex[part[each + 1]]; at += 1) {
      west = Math.min(west, xy[2 * at]); east = Math.max(east, xy[2 * at]);
      north = Math.min(north, xy[2 * at + 1]); south = Math.max(south, xy[2 * at + 1]);
    }
    box.set(west > east ? [0, 0, -1, -1] : [west, north, east, south], 4 * each);
  }

  // ---- index: rows of features by the cells their boxes touch

  function makeIndex(table) {
    const cells = new Map();
    const add = (key, each) => {
      const found = cells.get(key);
      if (found) found.push(each); else cells.set(key, [each]);
    };
    for (let each = 0; each < table.count; each += 1) {
      const [west, north, east, south] = table.box.subarray(4 * each, 4 * each + 4);
      for (let column = west >> CELL_BITS; column <= east >> CELL_BITS; column += 1) {
        for (let row = north >> CELL_BITS; row <= south >> CELL_BITS; row += 1) add(row * 65536 + column, each);
      }
    }
    return cells;
  }

  /* Rows whose boxes touch a box, each once, in rising order. */
  function within(table, cells, west, north, east, south) {
    const found = [];
    const one = west >> CELL_BITS === east >> CELL_BITS && north >> CELL_BITS === south >> CELL_BITS;
    const seen = one ? null : new Set();
    for (let column = west >> CELL_BITS; column <= east >> CELL_BITS; column += 1) {
      for (let row = north >> CELL_BITS; row <= south >> CELL_BITS; row += 1) {
        for (const each of cells.get(row * 65536 + column) || []) {
          const at = 4 * each, box = table.box;
          if (box[at] > east || box[at + 2] < west || box[at + 1] > south || box[at + 3] < north) continue;
          if (seen) {
            if (seen.has(each)) continue;
            seen.add(each);
          }
          found.push(each);
        }
      }
    }
    return seen ? found.sort((a, b) => a - b) : found;
  }

  const ALL = [-Infinity, -Infinity, Infinity, Infinity];

  /* The box around two boxes, the first of which may be none. */
  function around(one, two) {
    return one ? [Math.min(one[0], two[0]), Math.min(one[1], two[1]), Math.max(one[2], two[2]), Math.max(one[3], two[3])] : two;
  }

  // ---- drawing

  function trace(context, table, each, scale, dx, dy) {
    const { part, vertex, xy, kind } = table;
    for (let ring = part[each]; ring < part[each + 1]; ring += 1) {
      const first = vertex[ring], last = vertex[ring + 1];
      context.moveTo(xy[2 * first] * scale - dx, xy[2 * first + 1] * scale - dy);
      for (let at = first + 1; at < last; at += 1) {
        context.lineTo(xy[2 * at] * scale - dx, xy[2 * at + 1] * scale - dy);
      }
      if (kind[each] === AREA) context.closePath();
    }
  }

  /* One step of a tile: the features of one batch that wear one paint. */
  function drawBatch(context, table, rows, paint, view) {
    const { scale, dx, dy } = view;
    const path = [], dots = [], dot = dotOf(table.count);
    for (const each of rows) {
      const at = 4 * each, box = table.box;
      const size = Math.max(box[at + 2] - box[at], box[at + 3] - box[at + 1]) * scale;
      (table.kind[each] === POINT || (size < dot && table.kind[each] === AREA) ? dots : path).push(each);
    }
    context.globalAlpha = paint.fillOpacity ?? 1;
    context.fillStyle = paint.fillColor || paint.color;
    for (const each of dots) {
      const at = 4 * each, box = table.box;
      const x = (box[at] + box[at + 2]) / 2 * scale - dx, y = (box[at + 1] + box[at + 3]) / 2 * scale - dy;
      if (table.kind[each] === POINT) {
        context.beginPath();
        context.arc(x, y, paint.radius || 4, 0, 2 * Math.PI);
        if (paint.fill !== false) context.fill();
        if (paint.weight) stroke(context, paint);
      } else {
        context.fillRect(x - dot / 2, y - dot / 2, dot, dot);
      }
    }
    if (!path.length) return;
    context.beginPath();
    for (const each of path) trace(context, table, each, scale, dx, dy);
    if (paint.fill !== false) context.fill("nonzero");
    if (paint.weight) stroke(context, paint);
  }

  function stroke(context, paint) {
    const alpha = context.globalAlpha;
    context.globalAlpha = paint.opacity ?? 1;
    context.strokeStyle = paint.color;
    context.lineWidth = paint.weight;
    context.setLineDash(paint.dashArray ? paint.dashArray.split(" ").map(Number) : []);
    context.stroke();
    context.globalAlpha = alpha;
  }

  // ---- work that waits for its turn

  const waiting = [];
  let running = false;

  function enqueue(job) {
    waiting.push(job);
    if (!running) {
      running = true;
      requestAnimationFrame(work);
    }
  }

  function work() {
    const began = performance.now();
    while (waiting.length && performance.now() - began < FRAME_MS) {
      if (!waiting[0]()) waiting.shift();
    }
    running = waiting.length > 0;
    if (running) requestAnimationFrame(work);
  }

  // ---- the layer

  const Layer = L.GridLayer.extend({
    options: { tileSize: 512, updateWhenZooming: false, keepBuffer: 1, interactive: false },

    /* table: of decode; paints: Leaflet styles; paintOf: a paint, or HIDDEN, for each feature; cells: an index made before. */
    initialize(table, paints, paintOf, options, cells) {
      L.setOptions(this, options);
      this.table = table;
      this.paints = paints;
      this.paintOf = paintOf;
      this.cells = cells || makeIndex(table);
    },

    createTile(coords, done) {
      const tile = document.createElement("canvas");
      const size = this.getTileSize(), ratio = Math.max(1, window.devicePixelRatio || 1);
      tile.width = Math.ceil(size.x * ratio);
      tile.height = Math.ceil(size.y * ratio);
      tile.style.width = `${size.x}px`;
      tile.style.height = `${size.y}px`;
      this.paintTile(tile, coords, done, ALL);
      return tile;
    },

    /* Draws the part of a tile in which a box of the table lies off screen, and shows it at once, so that nothing
       flickers. What an earlier call has not come to is drawn with it. */
    paintTile(tile, coords, done, box) {
      const size = this.getTileSize(), ratio = tile.width / size.x;
      const scale = 2 ** (coords.z - ZOOM);
      const dx = coords.x * size.x, dy = coords.y * size.y;
      const run = (tile.circle15Run || 0) + 1;
      tile.circle15Run = run;
      tile.circle15Box = around(tile.circle15Box, box);
      tile.circle15Done ||= done;
      // In dots of the tile, whole ones, so that a part falls on the same dots as the whole.
      const dot = (value, by, most) => Math.min(most, Math.max(0, Math.round((value * scale - by) * ratio)));
      const reach = MARGIN / scale, [west, north, east, south] = tile.circle15Box;
      const left = dot(west - reach, dx, tile.width), top = dot(north - reach, dy, tile.height);
      const width = dot(east + reach, dx, tile.width) - left, height = dot(south + reach, dy, tile.height) - top;
      let steps = null, canvas = null, context = null;
      const begin = () => {
        canvas = document.createElement("canvas");
        canvas.width = width;
        canvas.height = height;
        context = canvas.getContext("2d");
        context.setTransform(ratio, 0, 0, ratio, -left, -top);
        const at = (dots, by) => (dots / ratio + by) / scale;
        steps = this.batches(within(this.table, this.cells, Math.floor(at(left, dx) - reach), Math.floor(at(top, dy) - reach),
          Math.ceil(at(left + width, dx) + reach), Math.ceil(at(top + height, dy) + reach)));
      };
      enqueue(() => {
        if (tile.circle15Run !== run) return false;
        if (width > 0 && height > 0) {
          if (steps === null) begin();
          else if (steps.length) {
            const [paint, rows] = steps.shift();
            drawBatch(context, this.table, rows, this.paints[paint], { scale, dx, dy });
          }
          if (steps.length) return true;
          const shown = tile.getContext("2d");
          shown.clearRect(left, top, width, height);
          shown.drawImage(canvas, left, top);
        }
        tile.circle15Box = null;
        if (tile.circle15Done) tile.circle15Done(null, tile);
        tile.circle15Done = null;
        return false;
      });
    },

    batches(rows) {
      const of = new Map();
      for (const each of rows) {
        const paint = this.paintOf[each];
        if (paint === HIDDEN) continue;
        if (!of.has(paint)) of.set(paint, []);
        of.get(paint).push(each);
      }
      const steps = [];
      for (const paint of [...of.keys()].sort((a, b) => a - b)) {
        const mine = of.get(paint);
        for (let at = 0; at < mine.length; at += BATCH) steps.push([paint, mine.slice(at, at + BATCH)]);
      }
      return steps;
    },

    /* Draws at once on another canvas: scale from pixels of the table, corner and size in pixels of the canvas. */
    drawOn(context, scale, dx, dy, width, height) {
      const rows = within(this.table, this.cells, Math.floor(dx / scale), Math.floor(dy / scale),
        Math.ceil((dx + width) / scale), Math.ceil((dy + height) / scale));
      for (const [paint, batch] of this.batches(rows)) {
        drawBatch(context, this.table, batch, this.paints[paint], { scale, dx, dy });
      }
      context.globalAlpha = 1;
      context.setLineDash([]);
    },

    /* After paintOf has changed, of these rows or of any: what is on screen of them is drawn again, in place. */
    repaint(rows) {
      for (const { el, coords } of Object.values(this._tiles || {})) {
        const box = rows ? this.touched(rows, coords) : ALL;
        if (box) this.paintTile(el, coords, null, box);
      }
    },

    /* The box around those of the rows that a tile shows; null without any. */
    touched(rows, coords) {
      const side = this.getTileSize().x * 2 ** (ZOOM - coords.z), reach = MARGIN * 2 ** (ZOOM - coords.z);
      const west = coords.x * side - reach, north = coords.y * side - reach;
      const east = west + side + 2 * reach, south = north + side + 2 * reach;
      const box = this.table.box;
      let found = null;
      for (const each of rows) {
        const at = 4 * each;
        if (box[at] > east || box[at + 2] < west || box[at + 1] > south || box[at + 3] < north) continue;
        found = around(found, [box[at], box[at + 1], box[at + 2], box[at + 3]]);
      }
      return found;
    },

    /* The topmost feature shown at a place, or −1. reach: pixels of the screen around lines and points. */
    at(latlng, reach = 6) {
      const zoom = this._map.getZoom();
      const point = this._map.project(latlng, ZOOM);
      const slack = reach * 2 ** (ZOOM - zoom);
      const rows = within(this.table, this.cells, Math.floor(point.x - slack), Math.floor(point.y - slack),
        Math.ceil(point.x + slack), Math.ceil(point.y + slack));
      let best = -1, rank = -1;
      for (const each of rows) {
        const paint = this.paintOf[each];
        if (paint === HIDDEN || paint < rank || !hits(this.table, each, point.x, point.y, slack)) continue;
        best = each;
        rank = paint;
      }
      return best;
    },

    /* Rings or lines of a feature as places. */
    places(each) {
      const { part, vertex, xy } = this.table;
      const rings = [];
      for (let ring = part[each]; ring < part[each + 1]; ring += 1) {
        const places = [];
        for (let at = vertex[ring]; at < vertex[ring + 1]; at += 1) {
          places.push(this._map.unproject([xy[2 * at], xy[2 * at + 1]], ZOOM));
        }
        rings.push(places);
      }
      return rings;
    },

    middle(each) {
      const [west, north, east, south] = this.table.box.subarray(4 * each, 4 * each + 4);
      return this._map.unproject([(west + east) / 2, (north + south) / 2], ZOOM);
    },
  });

  function hits(table, each, x, y, slack) {
    const { part, vertex, xy, kind } = table;
    let inside = false;
    for (let ring = part[each]; ring < part[each + 1]; ring += 1) {
      const first = vertex[ring], last = vertex[ring + 1];
      if (kind[each] !== AREA) {
        for (let at = first; at < last; at += 1) {
          if (far(xy, at, Math.min(at + 1, last - 1), x, y) <= slack) return true;
        }
        continue;
      }
      for (let at = first, before = last - 1; at < last; before = at, at += 1) {
        const ay = xy[2 * at + 1], by = xy[2 * before + 1];
        if ((ay > y) !== (by > y) && x < (xy[2 * before] - xy[2 * at]) * (y - ay) / (by - ay) + xy[2 * at]) {
          inside = !inside;
        }
      }
    }
    return inside || (kind[each] === AREA && nearSmall(table, each, x, y, slack));
  }

  /* Footprints too small to aim at are hit within the slack. */
  function nearSmall(table, each, x, y, slack) {
    const [west, north, east, south] = table.box.subarray(4 * each, 4 * each + 4);
    return Math.max(east - west, south - north) < slack &&
      Math.hypot((west + east) / 2 - x, (north + south) / 2 - y) <= slack;
  }

  function far(xy, a, b, x, y) {
    const ax = xy[2 * a], ay = xy[2 * a + 1], dx = xy[2 * b] - ax, dy = xy[2 * b + 1] - ay;
    const square = dx * dx + dy * dy;
    const share = square ? Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / square)) : 0;
    return Math.hypot(ax + share * dx - x, ay + share * dy - y);
  }

  return { HIDDEN, Layer, ZOOM, stroke, decode, reader, signed, unzip, unzipJson, get busy() { return running; } };
})();

/* Walking in the page: the streets and homes of the audit, in whole millimetres of the study CRS.
   Snapping, distances and rounding are those of docs/method.md, so that a site tried here gets the same answer there. */
const walking = (() => {
  "use strict";

  const TIE_MM = 1;
  // Cells of the index of street pieces, in millimetres.
  const CELL_MM = 200_000;
  const half = (value) => Math.floor(value + 0.5);

  /* Transverse Mercator by Krüger's series to the sixth order in n (Karney 2011): metres of a place in degrees. */
  function projector({ a, f, lat0, lon0, k0, east, north }) {
    const e = Math.sqrt(f * (2 - f)), n = f / (2 - f);
    const n2 = n * n, n3 = n2 * n, n4 = n3 * n, n5 = n4 * n, n6 = n5 * n;
    const radius = a / (1 + n) * (1 + n2 / 4 + n4 / 64 + n6 / 256);
    const alpha = [
      n / 2 - 2 * n2 / 3 + 5 * n3 / 16 + 41 * n4 / 180 - 127 * n5 / 288 + 7891 * n6 / 37800,
      13 * n2 / 48 - 3 * n3 / 5 + 557 * n4 / 1440 + 281 * n5 / 630 - 1983433 * n6 / 1935360,
      61 * n3 / 240 - 103 * n4 / 140 + 15061 * n5 / 26880 + 167603 * n6 / 181440,
      49561 * n4 / 161280 - 179 * n5 / 168 + 6601661 * n6 / 7257600,
      34729 * n5 / 80640 - 3418889 * n6 / 1995840,
      212378941 * n6 / 319334400,
    ];
    const radians = Math.PI / 180;

    function unscaled(lat, lon) {
      const sine = Math.sin(lat * radians), across = (lon - lon0) * radians;
      const t = Math.sinh(Math.atanh(sine) - e * Math.atanh(e * sine));
      const up = Math.atan2(t, Math.cos(across)), over = Math.asinh(Math.sin(across) / Math.hypot(t, Math.cos(across)));
      let xi = up, eta = over;
      alpha.forEach((factor, place) => {
        const twice = 2 * (place + 1);
        xi += factor * Math.sin(twice * up) * Math.cosh(twice * over);
        eta += factor * Math.cos(twice * up) * Math.sinh(twice * over);
      });
      return [eta * radius * k0, xi * radius * k0];
    }

    const [, below] = unscaled(lat0, lon0);
    return (lat, lon) => {
      const [x, y] = unscaled(lat, lon);
      return [x + east, y - below + north];
    };
  }

  function read(bytes) {
    const end = bytes.indexOf(10);
    const head = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end)));
    const next = packed.reader(bytes.subarray(end + 1));
    const plain = (count) => Float64Array.from({ length: count }, next);
    const stepped = (count, from = 0) => {
      let value = from;
      return Float64Array.from({ length: count }, () => (value += packed.signed(next())));
    };
    const { edges, vertices, homes, anchors, walls, origin } = head;
    return {
      ...head,
      edgeU: Int32Array.from(stepped(edges)), edgeV: Int32Array.from(stepped(edges)),
      sizes: plain(edges), rank: stepped(edges), main: Uint8Array.from(plain(edges)),
      x: stepped(vertices, origin[0]), y: stepped(vertices, origin[1]),
      homeX: stepped(homes, origin[0]), homeY: stepped(homes, origin[1]),
      anchorRow: Int32Array.from(stepped(anchors)), anchorEdge: Int32Array.from(stepped(anchors)),
      anchorOffset: plain(anchors), anchorLeg: plain(anchors),
      wallX: stepped(walls, origin[0]), wallY: stepped(walls, origin[1]),
      wallEndX: stepped(walls, origin[0]), wallEndY: stepped(walls, origin[1]),
    };
  }

  /* The length of every edge, and every piece with the edge it belongs to and where it starts along it. */
  function measure(table) {
    const pieces = table.vertices - table.edges;
    const found = {
      first: new Int32Array(pieces), edge: new Int32Array(pieces), start: new Float64Array(pieces),
      mm: new Float64Array(pieces), edgeMm: new Float64Array(table.edges),
    };
    let vertex = 0, piece = 0;
    for (let edge = 0; edge < table.edges; edge += 1) {
      let along = 0;
      for (let step = 1; step < table.sizes[edge]; step += 1, vertex += 1, piece += 1) {
        const dx = table.x[vertex + 1] - table.x[vertex], dy = table.y[vertex + 1] - table.y[vertex];
        found.first[piece] = vertex;
        found.edge[piece] = edge;
        found.start[piece] = along;
        found.mm[piece] = half(Math.sqrt(dx * dx + dy * dy));
        along += found.mm[piece];
      }
      vertex += 1;
      found.edgeMm[edge] = along;
    }
    return found;
  }

  function indexed(count, boxOf) {
    const cells = new Map();
    for (let each = 0; each < count; each += 1) {
      const [west, south, east, north] = boxOf(each).map((value) => Math.floor(value / CELL_MM));
      for (let column = west; column <= east; column += 1) {
        for (let row = south; row <= north; row += 1) {
          const key = column * 4_000_000 + row;
          if (!cells.has(key)) cells.set(key, []);
          cells.get(key).push(each);
        }
      }
    }
    return (west, south, east, north) => {
      const found = new Set();
      for (let column = Math.floor(west / CELL_MM); column <= Math.floor(east / CELL_MM); column += 1) {
        for (let row = Math.floor(south / CELL_MM); row <= Math.floor(north / CELL_MM); row += 1) {
          for (const each of cells.get(column * 4_000_000 + row) || []) found.add(each);
        }
      }
      return found;
    };
  }

  /* Rows of ``keys`` by key: start and members, as one array each. */
  function grouped(keys, count) {
    const start = new Int32Array(count + 1);
    for (const key of keys) start[key + 1] += 1;
    for (let key = 0; key < count; key += 1) start[key + 1] += start[key];
    const at = start.slice(), members = new Int32Array(keys.length);
    keys.forEach((key, row) => { members[at[key]] = row; at[key] += 1; });
    return { start, members };
  }

  /* A heap of nodes by distance. */
  function makeHeap() {
    const keys = [], nodes = [];
    return {
      get size() { return keys.length; },
      push(key, node) {
        let at = keys.length;
        keys.push(key); nodes.push(node);
        while (at > 0) {
          const up = (at - 1) >> 1;
          if (keys[up] <= key) break;
          keys[at] = keys[up]; nodes[at] = nodes[up];
          at = up;
        }
        keys[at] = key; nodes[at] = node;
      },
      pop() {
        const top = [keys[0], nodes[0]], key = keys.pop(), node = nodes.pop(), size = keys.length;
        let at = 0;
        while (size) {
          let down = 2 * at + 1;
          if (down >= size) break;
          if (down + 1 < size && keys[down + 1] < keys[down]) down += 1;
          if (keys[down] >= key) break;
          keys[at] = keys[down]; nodes[at] = nodes[down];
          at = down;
        }
        if (size) { keys[at] = key; nodes[at] = node; }
        return top;
      },
    };
  }

  function make(bytes) {
    const table = read(bytes), piece = measure(table);
    const metres = projector(table.projection);
    const project = (lat, lon) => metres(lat, lon).map((value) => half(value * 1000));
    const ends = Int32Array.from({ length: 2 * table.edges }, (_, at) => (at < table.edges ? table.edgeU[at] : table.edgeV[at - table.edges]));
    const edgesAt = grouped(ends, table.nodes), anchorsOn = grouped(table.anchorEdge, table.edges);
    const piecesIn = indexed(piece.first.length, (each) => {
      const a = piece.first[each], b = a + 1;
      return [Math.min(table.x[a], table.x[b]), Math.min(table.y[a], table.y[b]),
        Math.max(table.x[a], table.x[b]), Math.max(table.y[a], table.y[b])];
    });
    const homesIn = indexed(table.homes, (row) => [table.homeX[row], table.homeY[row], table.homeX[row], table.homeY[row]]);
    const wallsIn = indexed(table.walls, (each) => [Math.min(table.wallX[each], table.wallEndX[each]),
      Math.min(table.wallY[each], table.wallEndY[each]), Math.max(table.wallX[each], table.wallEndX[each]),
      Math.max(table.wallY[each], table.wallEndY[each])]);
    const distance = new Float64Array(table.nodes).fill(Infinity);

    /* The nearest point of a piece: distance along it, leg, and place, unrounded. */
    function nearestOn(each, x, y) {
      const a = piece.first[each], ax = table.x[a], ay = table.y[a];
      const dx = table.x[a + 1] - ax, dy = table.y[a + 1] - ay, px = x - ax, py = y - ay;
      const length = Math.sqrt(dx * dx + dy * dy), safe = length > 0 ? length : 1;
      const dot = dx * px + dy * py, cross = dx * py - dy * px;
      const along = Math.min(Math.max(dot / safe, 0), length);
      const behind = dot >= length * length, before = dot <= 0;
      const leg = before || behind ? Math.hypot(px - (behind ? dx : 0), py - (behind ? dy : 0)) : Math.abs(cross) / safe;
      const share = length > 0 ? Math.min(Math.max(dot / (safe * safe), 0), 1) : 0;
      return { piece: each, along, leg, x: ax + dx * share, y: ay + dy * share };
    }

    /* The shares of a piece that a wall hides from a place, between low and high: the cone over the wall, cut off by
       its line, is three half-planes, each linear along the piece. */
    function shadow(each, wall, x, y) {
      const a = piece.first[each], atX = table.x[a] - x, atY = table.y[a] - y;
      const dx = table.x[a + 1] - table.x[a], dy = table.y[a + 1] - table.y[a];
      let cx = table.wallX[wall] - x, cy = table.wallY[wall] - y, ex = table.wallEndX[wall] - x, ey = table.wallEndY[wall] - y;
      const side = cx * ey - cy * ex;
      if (side === 0) return null;
      if (side < 0) [cx, cy, ex, ey] = [ex, ey, cx, cy];
      const kx = ex - cx, ky = ey - cy;
      let low = -1, high = 2;
      for (const [level, slope] of [
        [cx * atY - cy * atX, cx * dy - cy * dx],
        [atX * ey - atY * ex, dx * ey - dy * ex],
        [-(kx * (atY - cy) - ky * (atX - cx)), -(kx * dy - ky * dx)],
      ]) {
        if (slope > 0) low = Math.max(low, -level / slope);
        else if (slope < 0) high = Math.min(high, -level / slope);
        else if (level <= 0) return null;
      }
      return low < high ? [low, high] : null;
    }

    /* The nearest points of a piece in sight: its nearest one, or the ends of what hides that. */
    function inSight(each, x, y, walls) {
      const nearest = nearestOn(each, x, y);
      if (!walls.length) return [nearest];
      const a = piece.first[each], dx = table.x[a + 1] - table.x[a], dy = table.y[a + 1] - table.y[a];
      const square = dx * dx + dy * dy;
      const foot = square ? Math.min(1, Math.max(0, ((x - table.x[a]) * dx + (y - table.y[a]) * dy) / square)) : 0;
      const merged = [];
      for (const [low, high] of walls.map((wall) => shadow(each, wall, x, y)).filter(Boolean).sort((one, other) => one[0] - other[0])) {
        const last = merged[merged.length - 1];
        if (last && low <= last[1]) last[1] = Math.max(last[1], high); else merged.push([low, high]);
      }
      const hiding = merged.find(([low, high]) => low < foot && foot < high);
      if (!hiding) return [nearest];
      return hiding.filter((share) => share >= 0 && share <= 1).map((share) => {
        const px = table.x[a] + dx * share, py = table.y[a] + dy * share;
        return { piece: each, along: share * Math.hypot(dx, dy), leg: Math.hypot(px - x, py - y), x: px, y: py };
      });
    }

    /* The anchor of a place: edge, offset and leg, or null where no street is near enough. */
    function snap(x, y) {
      const far = table.max_leg_mm + 2;
      const walls = [...wallsIn(x - far, y - far, x + far, y + far)];
      const near = [...piecesIn(x - far, y - far, x + far, y + far)].flatMap((each) => inSight(each, x, y, walls))
        .filter((each) => half(each.leg) <= table.max_leg_mm);
      const main = near.filter((each) => table.main[piece.edge[each.piece]]);
      const among = main.length ? main : near;
      if (!among.length) return null;
      const least = among.reduce((leg, each) => Math.min(leg, each.leg), Infinity);
      const rounded = (value) => Math.round(value * 1000);
      const rank = (each) => table.rank[piece.edge[each.piece]];
      const best = among.filter((each) => each.leg <= least + TIE_MM).reduce((one, other) => {
        const order = [rounded(one.x) - rounded(other.x), rounded(one.y) - rounded(other.y), rank(one) - rank(other), one.piece - other.piece];
        return (order.find((each) => each !== 0) || 0) <= 0 ? one : other;
      });
      const within = Math.min(half(best.along), piece.mm[best.piece]);
      return { edge: piece.edge[best.piece], offset: piece.start[best.piece] + within, leg: half(best.leg) };
    }

    /* Homes within most millimetres of a place on the streets: a map of row to distance. */
    function reach(x, y, most) {
      const from = snap(x, y), found = new Map();
      if (from === null) return { anchor: null, homes: found };
      const touched = [], heap = makeHeap();
      const relax = (node, mm) => {
        if (mm > most || mm >= distance[node]) return;
        if (distance[node] === Infinity) touched.push(node);
        distance[node] = mm;
        heap.push(mm, node);
      };
      relax(table.edgeU[from.edge], from.leg + from.offset);
      relax(table.edgeV[from.edge], from.leg + piece.edgeMm[from.edge] - from.offset);
      while (heap.size) {
        const [mm, node] = heap.pop();
        if (mm > distance[node]) continue;
        for (let at = edgesAt.start[node]; at < edgesAt.start[node + 1]; at += 1) {
          const edge = edgesAt.members[at] % table.edges;
          const other = edgesAt.members[at] < table.edges ? table.edgeV[edge] : table.edgeU[edge];
          relax(other, mm + piece.edgeMm[edge]);
        }
      }
      const arrive = (anchor, mm) => {
        const row = table.anchorRow[anchor], all = mm + table.anchorLeg[anchor];
        if (all <= most && !(found.get(row) <= all)) found.set(row, all);
      };
      const visit = (edge) => {
        for (let at = anchorsOn.start[edge]; at < anchorsOn.start[edge + 1]; at += 1) {
          const anchor = anchorsOn.members[at], offset = table.anchorOffset[anchor];
          arrive(anchor, Math.min(distance[table.edgeU[edge]] + offset, distance[table.edgeV[edge]] + piece.edgeMm[edge] - offset));
          if (edge === from.edge) arrive(anchor, from.leg + Math.abs(offset - from.offset));
        }
      };
      visit(from.edge);
      for (const node of touched) {
        for (let at = edgesAt.start[node]; at < edgesAt.start[node + 1]; at += 1) visit(edgesAt.members[at] % table.edges);
      }
      for (const node of touched) distance[node] = Infinity;
      return { anchor: from, homes: found };
    }

    /* Homes within most millimetres of a place by straight line: a map of row to distance. */
    function circle(x, y, most) {
      const found = new Map();
      for (const row of homesIn(x - most - 1, y - most - 1, x + most + 1, y + most + 1)) {
        const dx = table.homeX[row] - x, dy = table.homeY[row] - y;
        const mm = half(Math.sqrt(dx * dx + dy * dy));
        if (mm <= most) found.set(row, mm);
      }
      return found;
    }

    return { project, snap, reach, circle };
  }

  return { make, projector };
})();

"use strict";
// The other half of hotspots/codec.py, and the map layer that pages and notebooks share.
// Text from data only ever becomes a text node.
const hotspots = (() => {
  const STEPS = 1e5;
  const FINE = 16; // pixels across a cell from which on white lines part the cells
  const MOVES = [0, -18, 18, -32, 32, -46, 46]; // pixels that a name may be moved
  const MARK = 0.2; // size of the mark in a hot cell, as a share of the cell

  async function unpack(text) {
    const bytes = Uint8Array.from(atob(text.trim()), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return JSON.parse(await new Response(stream).text());
  }

  // Corners as [lat, lng], and each cell as a list of corner numbers.
  function readShapes({ x, y, sides, ring }) {
    const corners = [];
    for (let i = 0, east = 0, north = 0; i < x.length; i++) {
      east += x[i];
      north += y[i];
      corners.push([north / STEPS, east / STEPS]);
    }
    const cells = [];
    let newest = 0;
    let at = 0;
    for (const count of sides) {
      const cell = [];
      for (let i = 0; i < count; i++, at++) {
        cell.push(newest - ring[at]);
        if (ring[at] === 0) newest++;
      }
      cells.push(cell);
    }
    return { corners, cells };
  }

  function centreOf(points) {
    const sum = points.reduce((s, p) => [s[0] + p[0], s[1] + p[1]], [0, 0]);
    return [sum[0] / points.length, sum[1] / points.length];
  }

  // The line around the marked cells: every side that two of them share is left out.
  function outline({ corners, cells }, marked) {
    const sides = new Map();
    const key = (a, b) => a * corners.length + b;
    marked.forEach((cell) => {
      const ring = cells[cell];
      ring.forEach((a, i) => {
        const b = ring[(i + 1) % ring.length];
        if (!sides.delete(key(b, a))) sides.set(key(a, b), [a, b]);
      });
    });
    const next = new Map(sides.values());
    const lines = [];
    for (const start of [...next.keys()]) {
      if (!next.has(start)) continue;
      const line = [corners[start]];
      for (let at = start; next.has(at); ) {
        const to = next.get(at);
        next.delete(at);
        line.push(corners[to]);
        at = to;
      }
      lines.push(line);
    }
    return lines;
  }

  // Finds the cell under a point; squares of the size of a cell keep the search short.
  function cellFinder(rings, centres) {
    const size = rings.reduce(
      (most, ring) => Math.max(most, ...ring.map((p) => Math.abs(p[0] - ring[0][0])),
        ...ring.map((p) => Math.abs(p[1] - ring[0][1]))), 1e-6);
    const squares = new Map();
    const square = (lat, lng) => `${Math.floor(lat / size)},${Math.floor(lng / size)}`;
    centres.forEach(([lat, lng], cell) => {
      const key = square(lat, lng);
      if (!squares.has(key)) squares.set(key, []);
      squares.get(key).push(cell);
    });
    const inside = (ring, lat, lng) => {
      let odd = false;
      for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
        const [yi, xi] = ring[i];
        const [yj, xj] = ring[j];
        if (yi > lat !== yj > lat && lng < ((xj - xi) * (lat - yi)) / (yj - yi) + xi) odd = !odd;
      }
      return odd;
    };
    return (lat, lng) => {
      for (const dy of [0, -size, size]) {
        for (const dx of [0, -size, size]) {
          const near = squares.get(square(lat + dy, lng + dx)) || [];
          const found = near.find((cell) => inside(rings[cell], lat, lng));
          if (found !== undefined) return found;
        }
      }
      return -1;
    };
  }

  // Names where there is room for them: districts from afar, areas from near. A name that would
  // cover a hot cell moves up or down if it can.
  function labelPane(L, map, { places, names, centres, cellPixels, isHotAt }) {
    const pane = "place-names";
    map.createPane(pane).setAttribute("aria-hidden", "true");
    const layer = L.layerGroup().addTo(map);
    const boxOf = (text, at, dy) => {
      const half = Math.min(text.length, 24) * 3.7 + 6;
      return [at.x - half, at.y + dy - 10, at.x + half, at.y + dy + 10];
    };
    const fits = (box, taken) => {
      const { x, y } = map.getSize();
      return box[0] >= 0 && box[1] >= 0 && box[2] <= x && box[3] <= y &&
        !taken.some((b) => b[0] < box[2] && b[2] > box[0] && b[1] < box[3] && b[3] > box[1]);
    };
    const coversHot = ([left, top, right, bottom]) => [0, 0.25, 0.5, 0.75, 1].some((share) =>
      [top, (top + bottom) / 2, bottom].some((y) =>
        isHotAt(map.containerPointToLatLng([left + share * (right - left), y]))));
    const place = (text, latlng, taken, moves) => {
      const at = map.latLngToContainerPoint(latlng);
      const free = moves.filter((dy) => fits(boxOf(text, at, dy), taken));
      if (!free.length) return;
      const clear = free.find((dy) => !coversHot(boxOf(text, at, dy)));
      const dy = clear === undefined ? free[0] : clear;
      taken.push(boxOf(text, at, dy));
      const label = document.createElement("bdi");
      label.textContent = text;
      const icon = L.divIcon({ html: label, className: "place-name", iconSize: [0, 0],
        iconAnchor: [0, -dy] });
      L.marker(latlng, { icon, pane, interactive: false, keyboard: false }).addTo(layer);
    };
    const draw = () => {
      layer.clearLayers();
      const taken = [];
      if (cellPixels() < 90) {
        places.forEach(([text, lng, lat]) => place(text, [lat, lng], taken, MOVES));
      } else {
        const seen = map.getBounds();
        centres.forEach((at, cell) => seen.contains(at) && place(names[cell], at, taken, [0]));
      }
    };
    map.on("moveend zoomend resize", draw);
    return draw;
  }

  // Leaflet rounds corners to whole pixels, which bends small hexagons; these keep the fractions.
  const exact = {
    _projectLatlngs(latlngs, result, bounds) {
      if (latlngs.length && !(latlngs[0] instanceof L.LatLng)) {
        latlngs.forEach((part) => this._projectLatlngs(part, result, bounds));
        return;
      }
      const origin = this._map.getPixelOrigin();
      const points = latlngs.map((latlng) => this._map.project(latlng)._subtract(origin));
      points.forEach((point) => bounds.extend(point));
      result.push(points);
    },
  };

  // Everything that is drawn, from the bottom up, still without a colour.
  function drawings(L, map, { line, casing }, rings) {
    const bare = { renderer: L.canvas({ padding: 0.4 }), interactive: false, noClip: true,
      smoothFactor: 0 };
    const Cell = L.Polygon.extend(exact);
    const Line = L.Polyline.extend(exact);
    const newLine = (color, weight) =>
      new Line([], { ...bare, color, weight, lineJoin: "round" }).addTo(map);
    return {
      polygons: rings.map((ring) =>
        new Cell(ring, { ...bare, fillOpacity: 1, lineJoin: "miter" }).addTo(map)),
      lines: [newLine(casing, 6), newLine(line, 3)],
      // A mark in each hot cell tells what lies inside the line from a gap in it.
      marks: new Cell([], { ...bare, fillColor: line, color: casing }).addTo(map),
      ring: [newLine("#ffffff", 7), newLine("#10151f", 3.5)],
    };
  }

  // Draws the cells of one layer of the payload at a time.
  function hexLayer(L, map, payload) {
    const shapes = readShapes(payload.shapes);
    const rings = shapes.cells.map((cell) => cell.map((corner) => shapes.corners[corner]));
    const centres = rings.map(centreOf);
    const names = payload.name.map((name) => payload.names[name]);
    const find = cellFinder(rings, centres);
    const { polygons, lines, marks, ring } = drawings(L, map, payload.hot, rings);
    const cellPixels = () => {
      if (!rings.length) return 0;
      const [a, b] = [rings[0][0], rings[0][Math.floor(rings[0].length / 2)]];
      return map.latLngToLayerPoint(a).distanceTo(map.latLngToLayerPoint(b));
    };
    let shown = null;
    let fine = null;
    const classOf = (cell) => shown.values[shown.value[cell]].class;
    const isHot = (cell) => cell >= 0 && payload.words[shown.word[cell]].hot === 1;

    // Thin white lines between cells, and marks, would hide the colours of small cells.
    function paint() {
      fine = cellPixels() > FINE;
      polygons.forEach((polygon, cell) => {
        const colour = payload.colours[classOf(cell)];
        polygon.setStyle({ fillColor: colour, color: fine ? "#ffffff" : colour,
          weight: fine ? 1 : 1.5 });
      });
      marks.setStyle({ fillOpacity: Number(fine), weight: fine ? 1.5 : 0 });
      lines.forEach((each, i) => each.setStyle({ weight: (fine ? [6, 3] : [4, 2])[i] }));
    }

    function show(index) {
      shown = payload.layers[index];
      paint();
      // Cells overlap by a hair where no line parts them; the higher count lies on top.
      const cells = rings.map((_, cell) => cell);
      cells.filter((cell) => classOf(cell) > 0).sort((a, b) => classOf(a) - classOf(b))
        .forEach((cell) => polygons[cell].bringToFront());
      [...lines, marks, ...ring].forEach((each) => each.bringToFront());
      const hot = cells.filter(isHot);
      lines.forEach((each) => each.setLatLngs(outline(shapes, hot)));
      marks.setLatLngs(hot.map((cell) => [rings[cell].map((corner) =>
        corner.map((value, axis) => centres[cell][axis] + MARK * (value - centres[cell][axis])))]));
    }

    function choose(cell) {
      ring.forEach((each) => each.setLatLngs([...rings[cell], rings[cell][0]]));
    }

    map.on("zoomend", () => shown && fine !== cellPixels() > FINE && paint());
    const labels = labelPane(L, map, { places: payload.places, names, centres, cellPixels,
      isHotAt: ({ lat, lng }) => shown !== null && isHot(find(lat, lng)) });
    return { bounds: L.latLngBounds(shapes.corners), centres, names, show, choose, labels,
      cellPixels, find };
  }

  // Puts text with {fields} into an element; each value stands in its own <bdi>.
  function fill(element, template, values) {
    element.replaceChildren(...template.split(/(\{\w+\})/).map((part) => {
      const field = /^\{(\w+)\}$/.exec(part);
      if (!field) return document.createTextNode(part);
      const isolated = document.createElement("bdi");
      isolated.textContent = values[field[1]];
      return isolated;
    }));
    return element;
  }

  // What the pointer is on, as a small box beside it.
  function tooltip(L, map, layer, describe) {
    const tip = L.tooltip({ className: "cell-tip", direction: "top", offset: [0, -6], opacity: 1 });
    let last = -1;
    const hide = () => {
      last = -1;
      map.closeTooltip(tip);
    };
    const follow = (event) => {
      const cell = layer.find(event.latlng.lat, event.latlng.lng);
      if (cell < 0) return hide();
      if (cell !== last) tip.setContent(describe(cell));
      last = cell;
      tip.setLatLng(event.latlng);
      return map.openTooltip(tip);
    };
    map.on("mousemove click", follow);
    map.on("mouseout zoomstart", hide);
  }

  // The name, the count and the word of a cell, as elements.
  function describer(payload, names, current) {
    return (cell) => {
      const layer = payload.layers[current()];
      const box = document.createElement("div");
      const name = document.createElement("strong");
      const isolated = document.createElement("bdi");
      isolated.textContent = names[cell];
      name.append(isolated);
      const count = fill(document.createElement("div"), payload.say.tooltip_count,
        { count: layer.values[layer.value[cell]].text });
      const word = document.createElement("div");
      word.textContent = payload.words[layer.word[cell]].text;
      box.append(name, count, word);
      if (layer.detail) {
        const detail = document.createElement("div");
        detail.textContent = layer.detail[cell];
        box.append(detail);
      }
      return box;
    };
  }

  function newMap(L, element, payload) {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const map = L.map(element, { preferCanvas: true, attributionControl: false, zoomControl: false,
      zoomSnap: 0.25, zoomDelta: 1, zoomAnimation: !still, fadeAnimation: !still,
      markerZoomAnimation: !still, inertia: !still });
    L.control.zoom({ zoomInTitle: payload.say.zoom_in, zoomOutTitle: payload.say.zoom_out }).addTo(map);
    return map;
  }

  return { unpack, hexLayer, tooltip, describer, fill, newMap };
})();

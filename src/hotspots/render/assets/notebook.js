"use strict";
// Adds the map layer, a legend and a warning to a folium map.
hotspots.notebook = async (map, packed) => {
  const payload = await hotspots.unpack(packed);
  const layer = hotspots.hexLayer(L, map, payload);
  map.fitBounds(layer.bounds, { animate: false, padding: [8, 8] });
  layer.show(0);
  layer.labels();
  hotspots.tooltip(L, map, layer, hotspots.describer(payload, layer.names, () => 0));

  const add = (parent, tag, text) => {
    const element = document.createElement(tag);
    element.textContent = text;
    parent.append(element);
    return element;
  };
  const swatch = (fill, stroke, width) => {
    const space = "http://www.w3.org/2000/svg";
    const drawing = document.createElementNS(space, "svg");
    drawing.setAttribute("viewBox", "0 0 28 28");
    const path = document.createElementNS(space, "path");
    Object.entries({ d: "M14 3 23.5 8.5v11L14 25 4.5 19.5v-11z", fill, stroke,
      "stroke-width": width }).forEach(([key, value]) => path.setAttribute(key, value));
    drawing.append(path);
    return drawing;
  };
  const Legend = L.Control.extend({
    onAdd() {
      const box = document.createElement("div");
      box.className = "map-note";
      add(box, "strong", payload.title);
      payload.legend.forEach(({ text, colour }) => add(box, "div", text).prepend(swatch(colour, "#8b919b", 1)));
      add(box, "div", payload.legend_hot).prepend(swatch("none", payload.hot.line, 3.5));
      add(box, "p", payload.warning);
      add(box, "small", payload.attribution);
      return box;
    },
  });
  new Legend({ position: "bottomright" }).addTo(map);
  map.getContainer().dataset.state = "ready";
};

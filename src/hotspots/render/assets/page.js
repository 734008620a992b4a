"use strict";
// Wires the page: the map, the list of maps, and the table with the same content.
(async () => {
  const PAGE_ROWS = 200;
  const NEAR_PIXELS = 55; // pixels across an area that was chosen in the table
  const $ = (id) => document.getElementById(id);
  const mapBox = $("map");

  let payload;
  try {
    payload = await hotspots.unpack($("payload").textContent);
  } catch (fault) {
    $("too-old").hidden = false;
    mapBox.hidden = true;
    document.documentElement.dataset.state = "failed";
    return;
  }
  const { say } = payload;
  const map = hotspots.newMap(L, mapBox, payload);
  const whole = () => map.fitBounds(layer.bounds, { animate: false, padding: [8, 8] });
  // The layer needs a view before it can draw.
  map.setView([0, 0], 3, { animate: false });
  const layer = hotspots.hexLayer(L, map, payload);
  let current = 0;
  let chosen = -1;

  // ---- the table ----
  const compare = new Intl.Collator(document.documentElement.lang).compare;
  const body = $("rows");
  let order = [];
  let drawn = 0;

  const valueOf = (cell) => payload.layers[current].values[payload.layers[current].value[cell]];
  const wordOf = (cell) => payload.words[payload.layers[current].word[cell]];

  function sortRows() {
    const wanted = $("filter").value.trim().toLocaleLowerCase();
    order = layer.names
      .map((_, cell) => cell)
      .filter((cell) => layer.names[cell].toLocaleLowerCase().includes(wanted))
      .sort((a, b) => wordOf(b).hot - wordOf(a).hot || valueOf(b).rank - valueOf(a).rank ||
        compare(layer.names[a], layer.names[b]));
  }

  function rowOf(cell) {
    const row = document.createElement("tr");
    const head = document.createElement("th");
    head.scope = "row";
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.cell = cell;
    const name = document.createElement("bdi");
    name.textContent = layer.names[cell];
    button.append(name);
    head.append(button);
    const count = document.createElement("td");
    const range = document.createElement("bdi");
    range.textContent = valueOf(cell).text;
    count.append(range);
    count.className = "number";
    const word = document.createElement("td");
    word.textContent = wordOf(cell).text;
    if (wordOf(cell).hot) row.className = "hot";
    row.append(head, count, word);
    return row;
  }

  function drawMore() {
    const until = Math.min(drawn + PAGE_ROWS, order.length);
    body.append(...order.slice(drawn, until).map(rowOf));
    drawn = until;
    hotspots.fill($("listed"), say.table_shown,
      { shown: drawn.toLocaleString(), total: order.length.toLocaleString() });
    const more = Math.min(PAGE_ROWS, order.length - drawn);
    $("more").hidden = more === 0;
    hotspots.fill($("more"), say.table_more, { more: more.toLocaleString() });
  }

  function drawTable() {
    body.replaceChildren();
    drawn = 0;
    sortRows();
    drawMore();
  }

  // ---- choosing an area ----
  function choose(cell) {
    chosen = cell;
    layer.choose(cell);
    hotspots.fill($("status"), say.chosen,
      { name: layer.names[cell], count: valueOf(cell).text, word: wordOf(cell).text });
    $("status").classList.toggle("hot", Boolean(wordOf(cell).hot));
  }

  function goTo(cell) {
    choose(cell);
    const zoom = map.getZoom() + Math.log2(NEAR_PIXELS / layer.cellPixels());
    map.setView(layer.centres[cell], zoom, { animate: false });
    $("back").hidden = false;
    $("map-section").scrollIntoView({ behavior: "auto", block: "start" });
    $("back").focus({ preventScroll: true });
  }

  body.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) goTo(Number(button.dataset.cell));
  });
  $("back").addEventListener("click", () => {
    const button = body.querySelector(`button[data-cell="${chosen}"]`);
    $("back").hidden = true;
    (button || $("filter")).focus();
  });
  $("more").addEventListener("click", () => {
    const first = drawn;
    drawMore();
    body.querySelectorAll("button")[first].focus();
  });
  $("filter").addEventListener("input", drawTable);
  $("whole").addEventListener("click", whole);
  map.on("click", (event) => {
    const cell = layer.find(event.latlng.lat, event.latlng.lng);
    if (cell >= 0) choose(cell);
  });
  hotspots.tooltip(L, map, layer, hotspots.describer(payload, layer.names, () => current));

  // ---- several maps on one page ----
  function showLayer(index) {
    current = index;
    document.querySelectorAll("[data-layer]").forEach((part) => {
      part.hidden = Number(part.dataset.layer) !== index;
    });
    layer.show(index);
    drawTable();
    if (chosen >= 0) choose(chosen);
  }
  if ($("layer")) $("layer").addEventListener("change", () => showLayer($("layer").selectedIndex));

  // ---- paper, and windows that change their size ----
  let touched = false;
  map.on("zoomstart movestart", () => { touched = true; });
  const settle = (act) => { act(); touched = false; };
  let kept = null;
  addEventListener("beforeprint", () => {
    kept = { centre: map.getCenter(), zoom: map.getZoom(), touched };
    document.documentElement.classList.add("printing");
    map.invalidateSize({ animate: false, pan: false });
    whole();
  });
  addEventListener("afterprint", () => {
    document.documentElement.classList.remove("printing");
    map.invalidateSize({ animate: false, pan: false });
    map.setView(kept.centre, kept.zoom, { animate: false });
    touched = kept.touched;
  });
  new ResizeObserver(() => {
    const follow = !touched;
    map.invalidateSize({ animate: false, pan: false });
    if (follow) settle(whole);
  }).observe(mapBox);

  settle(whole);
  map.setMinZoom(map.getZoom() - 2);
  showLayer(0);
  layer.labels();
  settle(whole);
  document.documentElement.dataset.state = "ready";
})();

"use strict";
(async () => {
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);
  const UNKNOWN = 65535, A_PAGE = 60, CELL_DEG = 15, FEW_VALUES = 12, LISTED = 80;
  const VARIED = ["blur_sigma_px", "blur_length_px", "covered_share"];
  const SVG = "http://www.w3.org/2000/svg";

  // --- small things

  // Text only ever becomes text: nothing in this file is parsed as markup.
  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (key in made && key !== "list") made[key] = value;
      else made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  }
  function drawn(name, attributes = {}, ...children) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }
  const counted = (number) => number.toLocaleString("en-US");
  function plain(value, digits = 0) {
    const text = value.toFixed(digits);
    return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "−");
  }
  const signed = (degrees) => (Math.round(degrees) > 0 ? "+" : "") + plain(degrees) + "°";
  const short = (number) => (Math.abs(number) >= 10000 ? plain(number / 1000) + "k" : plain(number, Number.isInteger(number) ? 0 : 1));

  async function unpacked(text) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint16Array(await new Response(stream).arrayBuffer());
  }

  if (typeof DecompressionStream === "undefined") {
    byId("trouble").textContent = "This browser is too old to read the labels on this page.";
    byId("trouble").hidden = false;
    return;
  }
  for (const column of [...data.numbers, ...data.facets]) column.codes = await unpacked(column.codes);

  // --- filters: every sample counts the filters that it fails, so that each can be looked at without itself

  const size = data.counted;
  const valueOf = (column, place) => (column.codes[place] === UNKNOWN ? NaN : column.least + column.step * column.codes[place]);
  const ranges = new Map(); // key of a number → [low, high], either may be null
  const chosen = new Map(); // key of a facet → Set of values' places
  const failed = new Uint8Array(size), failedBy = new Uint8Array(size);
  const kept = (place) => failed[place] === 0;
  let state = { view: "", sort: "spread", pictures: A_PAGE };

  function applyFilters() {
    failed.fill(0);
    data.numbers.forEach((column) => {
      const [low, high] = ranges.get(column.key) ?? [null, null];
      if (low === null && high === null) return;
      const least = low === null ? 0 : Math.ceil((low - column.least) / column.step - 0.5);
      const most = high === null ? UNKNOWN - 1 : Math.floor((high - column.least) / column.step + 0.5);
      for (let n = 0; n < size; n++) {
        const code = column.codes[n];
        if (code === UNKNOWN || code < least || code > most) { failed[n]++; failedBy[n] = 255; }
      }
    });
    data.facets.forEach((column, number) => {
      const values = chosen.get(column.key);
      if (!values || values.size === 0) return;
      for (let n = 0; n < size; n++) if (!values.has(column.codes[n])) { failed[n]++; failedBy[n] = number; }
    });
  }

  const isFiltered = () => ranges.size > 0 || chosen.size > 0;
  function setRange(key, low, high) {
    if (low === null && high === null) ranges.delete(key);
    else ranges.set(key, [low, high]);
  }
  function setChosen(key, values) {
    if (values.size) chosen.set(key, values);
    else chosen.delete(key);
  }

  // --- the address: #yaw=20..90&sex=female,male&sort=yaw

  function hashText() {
    const words = [];
    for (const [key, [low, high]] of ranges) words.push(`${encodeURIComponent(key)}=${low ?? ""}..${high ?? ""}`);
    for (const column of data.facets) {
      const values = chosen.get(column.key);
      if (values) words.push(`${encodeURIComponent(column.key)}=${[...values].map((n) => encodeURIComponent(column.values[n])).join(",")}`);
    }
    if (state.view && state.view !== byId("view").options[0]?.value) words.push(`view=${encodeURIComponent(state.view)}`);
    if (state.sort !== "spread") words.push(`sort=${encodeURIComponent(state.sort)}`);
    return words.join("&");
  }
  function decoded(text) {
    try { return decodeURIComponent(text); } catch { return text; }
  }
  function readHash() {
    const hash = location.hash.slice(1);
    if (hash && !hash.includes("=")) return false; // a part of the page
    ranges.clear();
    chosen.clear();
    state = { ...state, view: byId("view").options[0]?.value ?? "", sort: "spread", pictures: A_PAGE };
    for (const word of hash.split("&")) {
      const cut = word.indexOf("=");
      const key = decoded(word.slice(0, Math.max(cut, 0))), text = word.slice(cut + 1);
      const range = /^(-?\d*\.?\d*)\.\.(-?\d*\.?\d*)$/.exec(text);
      const facet = data.facets.find((column) => column.key === key);
      if (range && data.numbers.some((column) => column.key === key)) setRange(key, ...range.slice(1).map(asNumber));
      else if (facet) {
        const places = text.split(",").map((value) => facet.values.indexOf(decoded(value))).filter((place) => place >= 0);
        setChosen(key, new Set(places));
      } else if (key === "view" && [...byId("view").options].some((o) => o.value === decoded(text))) state.view = decoded(text);
      else if (key === "sort" && [...byId("sort").options].some((o) => o.value === decoded(text))) state.sort = decoded(text);
    }
    return true;
  }
  const asNumber = (text) => (text === "" || !Number.isFinite(Number(text)) ? null : Number(text));

  function changed() {
    state.pictures = A_PAGE;
    const text = hashText();
    try { history.replaceState(null, "", text ? "#" + text : location.pathname + location.search); } catch { /* some viewers forbid it */ }
    showAll();
  }

  // --- histograms

  const panels = data.numbers.map((column) => {
    const spread = element("p", { className: "faint spread" });
    const low = element("input", { type: "number", step: "any" }), high = element("input", { type: "number", step: "any" });
    const all = countsIn(column, () => true);
    const first = column.edges[0], last = column.edges[column.edges.length - 1];
    low.placeholder = short(first);
    high.placeholder = short(last);
    const chart = drawn("svg", { role: "img" });
    const box = element("fieldset", { className: "card histogram" },
      element("legend", {}, column.label),
      element("p", { className: "faint" }, column.unit), chart, spread,
      element("div", { className: "limits" }, element("label", {}, "from", low), element("label", {}, "to", high)));
    for (const input of [low, high]) {
      input.setAttribute("aria-label", `${column.label} ${input === low ? "from" : "to"}`);
      input.addEventListener("change", () => { setRange(column.key, asNumber(low.value), asNumber(high.value)); changed(); });
    }
    const panel = { column, spread, low, high, chart, all, first, last };
    brush(panel);
    panel.box = box;
    if (!column.key.startsWith("error")) byId("histograms").append(box);
    return panel;
  });

  function countsIn(column, test) {
    const bins = column.edges.length - 1, width = (column.edges[bins] - column.edges[0]) / bins;
    const counts = new Array(bins).fill(0);
    let total = 0, known = 0;
    for (let n = 0; n < size; n++) {
      if (column.codes[n] === UNKNOWN || !test(n)) continue;
      const value = valueOf(column, n);
      counts[Math.min(bins - 1, Math.max(0, Math.floor((value - column.edges[0]) / width + 1e-9)))]++;
      total += value;
      known++;
    }
    return { counts, mean: total / known, known };
  }

  function drawHistogram(panel) {
    const { column, chart, all, first, last } = panel;
    const found = isFiltered() ? countsIn(column, kept) : all;
    const width = Math.max(120, chart.clientWidth || 260), height = chart.clientHeight || 118, base = height - 17;
    const most = Math.max(1, ...all.counts), x = (value) => ((value - first) / (last - first)) * width;
    chart.replaceChildren();
    chart.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const range = ranges.get(column.key);
    if (range) {
      const from = x(Math.max(first, range[0] ?? first)), to = x(Math.min(last, range[1] ?? last));
      chart.append(drawn("rect", { class: "brush", x: from, y: 0, width: Math.max(0, to - from), height: base }));
    }
    all.counts.forEach((count, n) => {
      const from = x(column.edges[n]) + 0.5, wide = Math.max(0.5, x(column.edges[n + 1]) - from - 0.5);
      for (const [kind, number] of [["all", count], ["kept", found.counts[n]]]) {
        const tall = number ? Math.max(1.5, (number / most) * (base - 6)) : 0;
        const bar = drawn("rect", { class: kind, x: from, y: base - tall, width: wide, height: tall, "data-count": number });
        bar.append(drawn("title", {}, `${short(column.edges[n])} to ${short(column.edges[n + 1])}: ${counted(found.counts[n])} of ${counted(count)}`));
        chart.append(bar);
      }
    });
    chart.append(drawn("line", { class: "base", x1: 0, x2: width, y1: base, y2: base }));
    const bins = column.edges.length - 1, every = Math.ceil(bins / Math.max(2, Math.floor(width / 48)));
    for (let n = 0; n <= bins; n += every) {
      const anchor = n === 0 ? "start" : x(column.edges[n]) > width - 12 ? "end" : "middle";
      chart.append(drawn("text", { x: x(column.edges[n]), y: height - 3, "text-anchor": anchor }, short(column.edges[n])));
    }
    const mean = found.known ? `mean ${plain(found.mean, 1)}, ${counted(found.known)} samples` : "no samples";
    panel.spread.textContent = mean;
    chart.setAttribute("aria-label", `Histogram of ${column.label}, ${column.unit}: ${mean}`);
    panel.low.value = range?.[0] ?? "";
    panel.high.value = range?.[1] ?? "";
  }

  // With the mouse: dragging takes the bars under it, a click on one bar that bar, a second click there nothing.
  function brush(panel) {
    let from = null;
    const binAt = (event) => {
      const place = panel.chart.getBoundingClientRect(), bins = panel.column.edges.length - 1;
      return Math.min(bins - 1, Math.max(0, Math.floor(((event.clientX - place.left) / place.width) * bins)));
    };
    panel.chart.addEventListener("pointerdown", (event) => { from = binAt(event); panel.chart.setPointerCapture(event.pointerId); });
    panel.chart.addEventListener("pointercancel", () => { from = null; });
    panel.chart.addEventListener("pointerup", (event) => {
      if (from === null) return;
      const [one, other] = [from, binAt(event)].sort((a, b) => a - b);
      const low = panel.column.edges[one], high = panel.column.edges[other + 1], old = ranges.get(panel.column.key);
      if (old && old[0] === low && old[1] === high) setRange(panel.column.key, null, null);
      else setRange(panel.column.key, low, high);
      from = null;
      changed();
    });
  }

  // --- maps over pitch and yaw

  const STOPS = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]];
  function colourAt(share) {
    const at = Math.min(0.9999, Math.max(0, share)) * 4, n = Math.floor(at);
    return STOPS[n].map((level, k) => Math.round(level + (at - n) * (STOPS[n + 1][k] - level)));
  }
  function luminance(colour) {
    const linear = colour.map((level) => level / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  }
  function heatMap(pitch, yaw, cell, label) {
    const wide = 44, tall = 27, left = 34, below = 34, rows = pitch.length - 1, columns = yaw.length - 1;
    const width = left + columns * wide + 8, height = 8 + rows * tall + below;
    const map = drawn("svg", { class: "heat", role: "img", width: 1.3 * width, viewBox: `0 0 ${width} ${height}`, "aria-label": label });
    for (let p = 0; p < rows; p++) for (let y = 0; y < columns; y++) {
      const shown = cell(p, y);
      if (!shown) continue;
      const colour = colourAt(shown.share), x = left + y * wide, top = 8 + (rows - 1 - p) * tall;
      const ink = luminance(colour) > 0.179 ? "dark" : "light"; // there both stand out alike
      const box = drawn("rect", { class: "cell", x, y: top, width: wide, height: tall, rx: 3, fill: `rgb(${colour})` }, drawn("title", {}, shown.title));
      box.addEventListener("click", () => {
        setRange("pitch", pitch[p], pitch[p + 1]);
        setRange("yaw", yaw[y], yaw[y + 1]);
        changed();
      });
      map.append(box, drawn("text", { x: x + wide / 2, y: top + tall / 2 + 4, "text-anchor": "middle", class: ink, "pointer-events": "none" }, shown.text));
    }
    yaw.forEach((edge, n) => { if (n % 2 === 0) map.append(drawn("text", { x: left + n * wide, y: 8 + rows * tall + 14, "text-anchor": "middle" }, plain(edge))); });
    pitch.forEach((edge, n) => { if (n % 2 === 0) map.append(drawn("text", { x: left - 6, y: 12 + (rows - n) * tall, "text-anchor": "end" }, plain(edge))); });
    map.append(drawn("text", { x: left + (columns * wide) / 2, y: height - 4, "text-anchor": "middle" }, "yaw, degrees; pitch upwards"));
    return map;
  }

  function poseMap() {
    const pitch = data.numbers.find((c) => c.key === "pitch"), yaw = data.numbers.find((c) => c.key === "yaw");
    if (!pitch || !yaw) return;
    const edges = (c) => {
      let least = Infinity, most = -Infinity;
      for (const code of c.codes) if (code !== UNKNOWN) { least = Math.min(least, code); most = Math.max(most, code); }
      // What was rounded up to an edge, one step too far, is no reason for another row.
      const from = Math.floor((c.least + c.step * least) / CELL_DEG);
      const to = Math.max(from + 1, Math.ceil((c.least + c.step * (most - 1)) / CELL_DEG));
      return Array.from({ length: to - from + 1 }, (_, n) => (from + n) * CELL_DEG);
    };
    const ps = edges(pitch), ys = edges(yaw), columns = ys.length - 1;
    const counts = new Array((ps.length - 1) * columns).fill(0);
    for (let n = 0; n < size; n++) {
      if (!kept(n) || pitch.codes[n] === UNKNOWN || yaw.codes[n] === UNKNOWN) continue;
      const p = Math.min(ps.length - 2, Math.max(0, Math.floor((valueOf(pitch, n) - ps[0]) / CELL_DEG)));
      counts[p * columns + Math.min(columns - 1, Math.max(0, Math.floor((valueOf(yaw, n) - ys[0]) / CELL_DEG)))]++;
    }
    const most = Math.max(1, ...counts), from = byId("pose-map");
    from.querySelector("svg")?.remove();
    from.append(heatMap(ps, ys, (p, y) => {
      const count = counts[p * columns + y];
      return count && { share: Math.sqrt(count / most), text: short(count), title: `pitch ${plain(ps[p])} to ${plain(ps[p + 1])}°, yaw ${plain(ys[y])} to ${plain(ys[y + 1])}°: ${counted(count)} samples` };
    }, "Samples over pitch and yaw; the histograms above say the same in words"));
  }

  // --- facets

  const lists = data.facets.map((column, number) => {
    const list = element("div"), search = element("input", { type: "search", placeholder: `find ${column.label}` });
    search.setAttribute("aria-label", `Find ${column.label}`);
    const summary = element("summary", {}, column.label);
    const box = element("details", { open: column.values.length <= 6 && number < 6 }, summary);
    if (column.values.length > FEW_VALUES) box.append(search);
    box.append(list);
    const facet = { column, number, list, search, summary, box };
    search.addEventListener("input", () => drawFacet(facet));
    box.addEventListener("toggle", () => drawFacet(facet));
    byId("facets").append(box);
    return facet;
  });

  if (data.left_out.length) {
    const what = `There is room for ${data.facets.length} filters. The samples differ by these, too: ${data.left_out.join(", ")}.`;
    byId("facets").append(element("p", { className: "faint", id: "left-out" }, what));
  }

  // Counts are of what this facet could choose from: of the samples that fail no other filter.
  function drawFacet({ column, number, list, search, summary, box }) {
    const own = chosen.get(column.key) ?? new Set();
    summary.textContent = own.size ? `${column.label} (${own.size})` : column.label;
    if (!box.open) return;
    const counts = new Uint32Array(column.values.length);
    for (let n = 0; n < size; n++) if (failed[n] === 0 || (failed[n] === 1 && failedBy[n] === number)) counts[column.codes[n]]++;
    const wanted = search.value.trim().toLowerCase();
    let places = column.values.map((_, place) => place).filter((place) => own.has(place) || column.values[place].toLowerCase().includes(wanted));
    if (places.length > LISTED) places = [...places].sort((a, b) => own.has(b) - own.has(a) || counts[b] - counts[a]).slice(0, LISTED);
    const focused = list.contains(document.activeElement) ? document.activeElement.value : null;
    list.replaceChildren(...places.map((place) => {
      const input = element("input", { type: "checkbox", checked: own.has(place), value: String(place) });
      input.addEventListener("change", () => {
        const values = new Set(own);
        if (input.checked) values.add(place); else values.delete(place);
        setChosen(column.key, values);
        changed();
      });
      const line = element("label", { className: "value" }, input, element("span", {}, column.values[place]), element("b", {}, counted(counts[place])));
      if (!counts[place]) line.classList.add("none");
      return line;
    }));
    if (focused !== null) list.querySelector(`input[value="${focused}"]`)?.focus();
  }

  // --- pictures

  const thumbnails = data.thumbnails;
  const byRow = new Map(thumbnails.map((thumbnail) => [thumbnail.row, thumbnail]));
  const number = (key, thumbnail) => {
    const column = data.numbers.find((c) => c.key === key);
    return column ? valueOf(column, thumbnail.place) : NaN;
  };
  const worded = (key, thumbnail) => {
    const column = data.facets.find((c) => c.key === key);
    return column ? column.values[column.codes[thumbnail.place]] : "";
  };
  const views = [...new Set(thumbnails.flatMap((t) => Object.keys(t.pictures)))];
  byId("view").append(...views.map((view) => element("option", { value: view }, view)));
  byId("view").parentElement.hidden = views.length < 2;
  const shotOf = (thumbnail) => thumbnail.shot ?? thumbnail.id; // of variants: what they are variants of
  const byShot = new Set(thumbnails.map(shotOf)).size < thumbnails.length;
  byId("sort").append(element("option", { value: "spread" }, "spread evenly"), element("option", { value: "id" }, "id"),
    ...(byShot ? [element("option", { value: "shot" }, "shot, its variants together")] : []),
    ...data.numbers.map((c) => element("option", { value: c.key }, c.key.startsWith("error") ? `${c.label}, largest first` : c.label)));

  function overlay(thumbnail, said) {
    const [width, height] = thumbnail.size;
    const svg = drawn("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
    const [x0, y0, x1, y1] = thumbnail.box;
    svg.append(drawn("rect", { x: x0, y: y0, width: Math.max(0, x1 - x0), height: Math.max(0, y1 - y0) }));
    for (const [kind, pose] of [["truth", thumbnail], ["said", said]]) {
      if (!pose?.axes) continue;
      const group = drawn("g", { class: kind }), [x, y] = pose.axes[0];
      for (const axis of pose.order) for (const style of ["edge", `a${axis}`]) {
        group.append(drawn("line", { class: style, x1: x, y1: y, x2: pose.axes[axis + 1][0], y2: pose.axes[axis + 1][1] }));
      }
      svg.append(group);
    }
    return svg;
  }
  const angles = (thumbnail) => `pitch ${signed(number("pitch", thumbnail))}, yaw ${signed(number("yaw", thumbnail))}, roll ${signed(number("roll", thumbnail))}`;
  function altText(thumbnail) {
    return `Sample ${thumbnail.id}, ${worded("subject", thumbnail) || "one person"}: ${angles(thumbnail)}`;
  }
  function picture(thumbnail, view, said) {
    const source = thumbnail.pictures[view] ?? Object.values(thumbnail.pictures)[0];
    return element("span", { className: "picture" },
      element("img", { src: source, alt: altText(thumbnail), decoding: "async" }), overlay(thumbnail, said));
  }
  function tile(entry, entries) {
    const { thumbnail, said } = entry, condition = worded("condition", thumbnail);
    const who = [`#${thumbnail.id}`, worded("subject", thumbnail), condition === "base" ? "" : condition].filter(Boolean).join("  ");
    const words = said ? `off by ${plain(said.error, 1)}°` : ["pitch", "yaw", "roll"].map((key) => signed(number(key, thumbnail))).join("  ");
    const button = element("button", { type: "button", className: "tile" }, picture(thumbnail, state.view, said),
      element("span", { className: "caption" }, element("em", {}, who), element("em", {}, words)));
    button.addEventListener("click", () => open(entries, entries.indexOf(entry)));
    return button;
  }

  function showPictures() {
    const left = thumbnails.filter((thumbnail) => kept(thumbnail.place));
    if (state.sort === "id") left.sort((a, b) => a.id - b.id);
    else if (state.sort === "shot") left.sort((a, b) => shotOf(a) - shotOf(b) || a.id - b.id);
    else if (state.sort !== "spread") {
      const way = state.sort.startsWith("error") ? -1 : 1;
      const key = (t) => { const value = number(state.sort, t); return Number.isNaN(value) ? Infinity : way * value; };
      left.sort((a, b) => key(a) - key(b) || a.id - b.id);
    }
    const entries = left.map((thumbnail) => ({ thumbnail }));
    byId("sheet").replaceChildren(...entries.slice(0, state.pictures).map((entry) => tile(entry, entries)));
    byId("sheet").dataset.shown = String(Math.min(left.length, state.pictures));
    byId("nothing").hidden = left.length > 0;
    byId("more").hidden = left.length <= state.pictures;
    byId("more").textContent = `Show more (${counted(left.length - state.pictures)})`;
    let matched = 0;
    for (let n = 0; n < size; n++) matched += kept(n);
    byId("matched").textContent = counted(matched);
    byId("of-all").textContent = `of ${counted(size)} samples${isFiltered() ? " are left by the filters" : ""}; ${counted(left.length)} of ${counted(thumbnails.length)} pictures on this page`;
  }
  byId("more").addEventListener("click", () => {
    const before = byId("sheet").children.length;
    state.pictures += 2 * A_PAGE;
    showPictures();
    byId("sheet").children[before]?.focus();
  });

  function showChips() {
    const chips = [];
    const chip = (text, remove) => {
      const button = element("button", { type: "button" }, `${text} ✕`);
      button.setAttribute("aria-label", `Remove the filter ${text}`);
      button.addEventListener("click", () => { remove(); changed(); byId("chips").querySelector("button")?.focus(); });
      chips.push(button);
    };
    for (const { key, label } of data.numbers) {
      const range = ranges.get(key);
      if (range) chip(`${label} ${range[0] === null ? "" : plain(range[0], range[0] % 1 ? 1 : 0)} … ${range[1] === null ? "" : plain(range[1], range[1] % 1 ? 1 : 0)}`, () => ranges.delete(key));
    }
    for (const { key, label, values } of data.facets) {
      const own = chosen.get(key);
      if (own) chip(`${label}: ${[...own].slice(0, 3).map((n) => values[n]).join(", ")}${own.size > 3 ? ", …" : ""}`, () => chosen.delete(key));
    }
    if (chips.length > 1) {
      chip("all", () => { ranges.clear(); chosen.clear(); });
      const clear = chips[chips.length - 1];
      clear.className = "clear";
      clear.textContent = "Clear all";
      clear.setAttribute("aria-label", "Remove all filters");
    }
    byId("chips").replaceChildren(...chips);
  }

  // --- one picture, large

  let shown = { entries: [], at: 0 };
  function open(entries, at) {
    shown = { entries, at };
    fillLightbox();
    if (!byId("lightbox").open) byId("lightbox").showModal();
  }
  function fillLightbox() {
    const { thumbnail, said } = shown.entries[shown.at];
    byId("lightbox-title").textContent = `Sample ${thumbnail.id}`;
    const kinds = Object.keys(thumbnail.pictures), first = kinds.includes(state.view) ? state.view : kinds[0];
    const exact = new Set(thumbnail.facts.map(([label]) => label));
    const facts = [
      ["pitch, yaw, roll", ["pitch", "yaw", "roll"].map((key) => plain(number(key, thumbnail), 1) + "°").join(", ")],
      ["distance", plain(number("distance", thumbnail)) + " mm"],
      ...data.numbers.filter((c) => VARIED.includes(c.key)).map((c) => [c.label, plain(valueOf(c, thumbnail.place), 1)]),
      ...(said ? [["estimate, along the ray", said.euler.map((angle) => (angle === null ? "—" : plain(angle, 1) + "°")).join(", ")], ["off by", plain(said.error, 1) + "°"]]
        : data.numbers.filter((c) => c.key.startsWith("error") && !Number.isNaN(valueOf(c, thumbnail.place))).map((c) => [c.label, plain(valueOf(c, thumbnail.place), 1) + "°"])),
      ...data.facets.filter((c) => !exact.has(c.label)).map((column) => [column.label, worded(column.key, thumbnail)]),
      ...thumbnail.facts,
    ];
    const key = said ? element("p", { className: "hint" }, "Edged in black: the label. Dotted, edged in white: the estimate.") : "";
    byId("lightbox-body").replaceChildren(
      element("div", {}, picture(thumbnail, first, said), key, ...kinds.filter((kind) => kind !== first).map((kind) => picture(thumbnail, kind))),
      element("dl", {}, ...facts.map(([name, text]) => element("div", {}, element("dt", {}, name), element("dd", {}, text)))));
    byId("previous").disabled = shown.at === 0;
    byId("next").disabled = shown.at === shown.entries.length - 1;
  }
  function step(by) {
    const at = shown.at + by;
    if (at < 0 || at >= shown.entries.length) return;
    shown.at = at;
    fillLightbox();
  }
  byId("previous").addEventListener("click", () => step(-1));
  byId("next").addEventListener("click", () => step(1));
  byId("close").addEventListener("click", () => byId("lightbox").close());
  byId("lightbox").addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") step(-1);
    if (event.key === "ArrowRight") step(1);
  });
  byId("lightbox").addEventListener("click", (event) => { if (event.target === byId("lightbox")) byId("lightbox").close(); });

  // --- models

  function showModels() {
    const most = Math.max(1e-6, ...data.models.flatMap((m) => m.grid.mean.flat().filter((cell) => cell !== null)));
    byId("models").replaceChildren(...data.models.map((model) => {
      const { pitch, yaw, mean, count } = model.grid;
      const map = heatMap(pitch, yaw, (p, y) => mean[p][y] !== null && {
        share: mean[p][y] / most, text: plain(mean[p][y], mean[p][y] < 10 ? 1 : 0),
        title: `pitch ${plain(pitch[p])} to ${plain(pitch[p + 1])}°, yaw ${plain(yaw[y])} to ${plain(yaw[y + 1])}°: mean error ${plain(mean[p][y], 2)}° over ${counted(count[p][y])} samples`,
      }, `Mean error of ${model.name} over true pitch and yaw; the table of regions below has the numbers`);
      const entries = model.worst.map((said) => ({ thumbnail: byRow.get(said.thumbnail), said })).filter((entry) => entry.thumbnail);
      const sheet = element("div", { className: "sheet" }), few = 12;
      const more = element("button", { type: "button" }, `Show all ${entries.length}`);
      const fill = (count) => sheet.replaceChildren(...entries.slice(0, count).map((entry) => tile(entry, entries)));
      fill(few);
      more.hidden = entries.length <= few;
      more.addEventListener("click", () => { fill(entries.length); more.hidden = true; sheet.children[few]?.focus(); });
      return element("div", { className: "model card" },
        element("h3", {}, model.name),
        element("p", { className: "hint" }, `Mean absolute error of the three angles ${plain(model.mean, 2)}° over ${counted(model.samples)} pictures. ${model.judged}.`),
        element("p", { className: "faint" }, "Mean absolute error in degrees over the true pose, one scale for all models; press a cell to filter by it."),
        element("div", { className: "split" }, map, panels.find((panel) => panel.column.key === model.key)?.box ?? ""),
        element("h3", {}, `The worst ${entries.length}`),
        element("p", { className: "hint" }, "By the angle of the rotation between label and estimate. Lines edged in black are the label, dotted ones edged in white the estimate."),
        sheet, more);
    }));
  }

  // --- all of it

  function showAll() {
    applyFilters();
    panels.forEach(drawHistogram);
    poseMap();
    lists.forEach(drawFacet);
    byId("view").value = state.view;
    byId("sort").value = state.sort;
    showChips();
    showPictures();
  }
  for (const id of ["view", "sort"]) byId(id).addEventListener("change", () => { state[id] = byId(id).value; changed(); });
  for (const id of ["axes", "box"]) {
    const toggle = () => document.body.classList.toggle(`no-${id}`, !byId(id).checked);
    byId(id).addEventListener("change", toggle);
    toggle();
  }
  if (window.matchMedia("(max-width: 860px)").matches) byId("facets").open = false;
  window.addEventListener("hashchange", () => { if (readHash()) showAll(); });
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth !== width) panels.forEach(drawHistogram);
    width = window.innerWidth;
  });
  if (!readHash()) state.view = byId("view").options[0]?.value ?? "";
  showModels(); // before the histograms are drawn, some of which stand there
  showAll();
  document.documentElement.dataset.ready = "true";
})();

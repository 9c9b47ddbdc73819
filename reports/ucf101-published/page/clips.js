"use strict";
// Clips: which are listed, and the pictures of one, drawn from files that hold all of its frames.

const { verdicts, clips } = window.pageData;
const { floor: FLOOR, ceiling: CEILING } = plots;
const MOST_LISTED = 120;
const state = { clip: null, frame: 0, zoom: 1, x: 0.5, y: 0.5, timer: null };
const pictures = new Map();

// --- the list -------------------------------------------------------------------------------------------------------

function bits(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return (place) => ((bytes[place >> 3] >> (7 - (place & 7))) & 1) === 1;
}

const unpacked = new Map();
function rightOf(recognizer) {
  if (!unpacked.has(recognizer)) {
    const own = Object.entries((verdicts.hits || {})[recognizer] || {});
    unpacked.set(recognizer, new Map(own.map(([name, text]) => [name, bits(text)])));
  }
  return unpacked.get(recognizer);
}

function listed() {
  const right = rightOf(chosen("clip-recognizer"));
  const [label, method, kind] = ["clip-class", "flipped-by", "flip-kind"].map(chosen);
  const own = right.get(method);
  const before = right.get(FLOOR);
  const pictured = new Map(clips.map((clip) => [clip.id, clip]));
  const found = verdicts.ids.map((id, place) => {
    const number = [...right.entries()].filter(([name, hit]) => name !== CEILING && hit(place)).length;
    return { id, place, label: verdicts.classes[verdicts.labels[place]], number, clip: pictured.get(id) };
  });
  const flipped = ({ place }) => {
    if (!own || !before || own(place) === before(place)) return !method;
    return kind === "either" || (kind === "gained") === own(place) || !method;
  };
  const all = right.size - (right.has(CEILING) ? 1 : 0);
  const orders = {
    pictures: (a, b) => Boolean(b.clip) - Boolean(a.clip),
    disagreement: (a, b) => Math.abs(a.number - all / 2) - Math.abs(b.number - all / 2),
    name: (a, b) => a.id.localeCompare(b.id, "en", { numeric: true }),
  };
  const kept = found.filter((one) => (!label || one.label === label) && flipped(one));
  return { kept: kept.sort(orders[chosen("clip-order")]), all };
}

function list() {
  const { kept, all } = listed();
  const buttons = kept.slice(0, MOST_LISTED).map((one) => {
    const told = `${one.label}, right by ${one.number} of ${all}${one.clip ? ", with pictures" : ""}`;
    const button = make("button", { type: "button", disabled: !one.clip }, one.id, make("small", { textContent: told }));
    button.dataset.clip = one.id;
    button.setAttribute("aria-pressed", String(Boolean(state.clip) && state.clip.id === one.id));
    button.addEventListener("click", () => open(one.clip));
    return button;
  });
  element("clip-list").replaceChildren(...buttons);
  const shown = kept.length > MOST_LISTED ? `, the first ${MOST_LISTED} are shown` : "";
  element("clip-count").textContent = `${kept.length} of ${verdicts.ids.length} clips${shown}`;
}

function startList() {
  if (!verdicts.ids) return;
  element("clip-filters").hidden = false;
  offer("clip-class", [...new Set(verdicts.labels)].map((label) => verdicts.classes[label]).sort());
  const methods = () => offer("flipped-by", [...rightOf(chosen("clip-recognizer")).keys()].filter((name) => name !== FLOOR));
  methods();
  element("clip-filters").addEventListener("input", (event) => {
    if (event.target.id === "clip-recognizer") methods();
    list();
  });
  element("clip-filters").addEventListener("submit", (event) => event.preventDefault());
  list();
}

// --- the viewer -----------------------------------------------------------------------------------------------------

function open(clip) {
  pause();
  Object.assign(state, { clip, frame: 0 });
  const methods = Object.keys(clip.shown).filter((name) => name !== "LR" && name !== FLOOR && name !== CEILING);
  offer("first-method", methods);
  offer("second-method", methods);
  if (chosen("first-method") === chosen("second-method") && methods.length > 1) element("second-method").value = methods[1];
  offer("verdict-stream", clip.verdicts.map((one) => `${one.rec}, ${one.stream}`));
  element("frame").max = clip.frames - 1;
  element("row").max = clip.size[1] - 1;
  element("row").value = Math.round(clip.size[1] / 2);
  element("peak").textContent = clip.peak;
  const label = clip.verdicts.length ? `: ${clip.verdicts[0].label}` : "";
  element("viewer-title").textContent = `${clip.id}${label}`;
  document.querySelectorAll("#clip-list button").forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.clip === clip.id)));
  panes();
}

function paneNames() {
  const wanted = ["LR", FLOOR, chosen("first-method"), chosen("second-method"), CEILING];
  const kind = chosen("view") === "flow" ? "flow" : "frames";
  return [...new Set(wanted)].filter((name) => state.clip.shown[name] && state.clip.shown[name][kind]);
}

function panes() {
  const made = paneNames().map((name) => {
    const canvas = make("canvas");
    canvas.setAttribute("role", "img");
    canvas.dataset.method = name;
    canvas.addEventListener("pointerdown", drag);
    return make("figure", { className: "pane" }, make("figcaption", { textContent: name }), canvas, bars(name));
  });
  element("panes").replaceChildren(...made);
  element("wheel").hidden = chosen("view") !== "flow";
  element("row-label").hidden = chosen("view") !== "profile";
  paint();
}

function bars(name) {
  const own = state.clip.verdicts.find((one) => `${one.rec}, ${one.stream}` === chosen("verdict-stream"));
  const top = own ? own.top[name] || [] : [];
  const lines = top.map(([label, share]) => {
    const fill = make("span", { className: "fill" });
    fill.style.width = `${share}%`;
    return make("li", { className: label === own.label ? "true" : "" }, fill, make("span", { textContent: label }), make("span", { textContent: `${share.toFixed(1)} %` }));
  });
  return make("ol", { className: "bars", ariaLabel: `What ${name} is taken for` }, ...lines);
}

function picture(file) {
  if (!pictures.has(file)) {
    const image = new Image();
    image.addEventListener("load", paint);
    image.src = file;
    pictures.set(file, image);
  }
  return pictures.get(file);
}

function paint() {
  const { clip, frame } = state;
  if (!clip) return;
  element("frame").value = frame;
  element("frame-number").textContent = frame + 1;
  element("zoom-number").textContent = state.zoom;
  element("row-number").textContent = chosen("row");
  for (const canvas of document.querySelectorAll("#panes canvas")) {
    const name = canvas.dataset.method;
    const view = chosen("view");
    const { file, columns } = clip.shown[name][view === "flow" ? "flow" : "frames"];
    const image = picture(file);
    const size = name === "LR" ? clip.lr : clip.size;
    const shape = [Math.max(320, clip.size[0]), 0];
    shape[1] = Math.round((shape[0] * clip.size[1]) / clip.size[0]);
    if (canvas.width !== shape[0] || canvas.height !== shape[1]) [canvas.width, canvas.height] = shape;
    canvas.setAttribute("aria-label", `${name}, ${view}, frame ${frame + 1} of ${clip.frames}`);
    if (!image.complete || !image.naturalWidth) continue;
    const at = (k) => [(k % columns) * size[0], Math.floor(k / columns) * size[1]];
    (view === "profile" ? paintProfile : paintFrame)(canvas, image, size, at);
  }
}

function paintFrame(canvas, image, [width, height], at) {
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  const last = chosen("view") === "flow" ? state.clip.frames - 2 : state.clip.frames - 1;
  const [left, top] = at(Math.min(state.frame, last));
  const [w, h] = [width / state.zoom, height / state.zoom];
  const [x, y] = [state.x * (width - w), state.y * (height - h)];
  context.drawImage(image, left + x, top + y, w, h, 0, 0, canvas.width, canvas.height);
}

// One row of pixels over time: a line for each frame, the first at the top.
function paintProfile(canvas, image, [width, height], at) {
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  const row = Math.min(height - 1, Math.floor((Number(chosen("row")) * height) / state.clip.size[1]));
  const step = canvas.height / state.clip.frames;
  const w = width / state.zoom;
  for (let k = 0; k < state.clip.frames; k += 1) {
    const [left, top] = at(k);
    context.drawImage(image, left + state.x * (width - w), top + row, w, 1, 0, k * step, canvas.width, step + 1);
  }
}

function drag(start) {
  const { width, height } = start.target.getBoundingClientRect();
  const { x, y, zoom } = state;
  if (zoom === 1) return;
  const move = (event) => {
    const part = (zoom - 1) / zoom;
    const moved = [(start.clientX - event.clientX) / width, (start.clientY - event.clientY) / height].map((v) => v / zoom / part);
    [state.x, state.y] = [x + moved[0], y + moved[1]].map((v) => Math.min(1, Math.max(0, v)));
    paint();
  };
  start.target.setPointerCapture(start.pointerId);
  start.target.addEventListener("pointermove", move);
  start.target.addEventListener("pointerup", () => start.target.removeEventListener("pointermove", move), { once: true });
}

function step(by) {
  state.frame = (state.frame + by + state.clip.frames) % state.clip.frames;
  paint();
}

function pause() {
  clearInterval(state.timer);
  state.timer = null;
  element("play").textContent = "Play";
  element("play").setAttribute("aria-pressed", "false");
}

function play() {
  if (state.timer) return pause();
  state.timer = setInterval(() => step(1), 1000 / Number(chosen("speed")));
  element("play").textContent = "Pause";
  element("play").setAttribute("aria-pressed", "true");
}

function zoom(to) {
  state.zoom = Math.min(8, Math.max(1, to));
  element("zoom").value = state.zoom;
  paint();
}

function shift(x, y) {
  [state.x, state.y] = [state.x + x, state.y + y].map((v) => Math.min(1, Math.max(0, v)));
  paint();
}

const KEYS = {
  " ": play, ArrowLeft: () => step(-1), ArrowRight: () => step(1), "+": () => zoom(state.zoom + 0.5), "-": () => zoom(state.zoom - 0.5),
};
const SHIFTED = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1] };

function pressed(event) {
  if (event.target !== element("viewer") && event.target.tagName !== "CANVAS") return;
  const moved = event.shiftKey && SHIFTED[event.key];
  const action = moved ? () => shift(...moved) : KEYS[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

function startViewer() {
  if (!element("viewer")) return;
  element("play").addEventListener("click", play);
  element("viewer").addEventListener("keydown", pressed);
  element("speed").addEventListener("input", () => { if (state.timer) { pause(); play(); } });
  element("frame").addEventListener("input", () => { state.frame = Number(chosen("frame")); paint(); });
  element("zoom").addEventListener("input", () => zoom(Number(chosen("zoom"))));
  element("row").addEventListener("input", paint);
  for (const id of ["view", "first-method", "second-method", "verdict-stream"]) element(id).addEventListener("input", panes);
  open(clips[0]);
}

startList();
startViewer();

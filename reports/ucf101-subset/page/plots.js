"use strict";
// Drawn by Observable Plot from window.pageData.plots.

const plots = window.pageData.plots;
const FAMILY_COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a8a8a"];
const MOST_NAMES = 40;
const WIDEST = 1100;
const style = { fontSize: 12 };
const GREY = "#8a8a8a";
const cut = (name) => (name.length > 24 ? `${name.slice(0, 11)}…${name.slice(-12)}` : name);

const drawings = {
  points(width) {
    const [recognizer, stream, key] = [chosen("plot-recognizer"), chosen("plot-stream"), chosen("axis")];
    const axis = plots.axes.find((one) => one.key === key);
    const found = plots.points
      .filter((p) => p.rec === recognizer && p.acc[stream] && p.m[key] !== undefined)
      .map((p) => ({ ...p, x: p.m[key], y: p.acc[stream][0], low: p.acc[stream][1], high: p.acc[stream][2] }));
    if (!axis || !found.length) return null;
    const ceiling = plots.points.find((p) => p.sr === plots.ceiling && p.rec === recognizer && p.acc[stream]);
    const families = [...new Set(found.map((p) => p.family || "other"))];
    const spread = Math.max(...found.map((p) => p.x)) / Math.min(...found.map((p) => p.x));
    const label = `${axis.title}${axis.higher === false ? " (lower is better)" : ""}`;
    return Plot.plot({
      style, width, height: Math.min(520, Math.max(320, width * 0.55)), marginLeft: 48, marginBottom: 44, grid: true,
      ariaLabel: `${stream} accuracy against ${axis.title}; the table above has the numbers`,
      x: { label, nice: true, ticks: width < 600 ? 4 : 8, type: spread > 100 ? "log" : "linear", reverse: axis.higher === false, inset: 30 },
      y: { label: `${stream} top-1 (%)`, nice: true, ticks: 8 },
      color: { domain: families, range: FAMILY_COLOURS, legend: families.length > 1 },
      marks: [
        ceiling ? Plot.ruleY([ceiling.acc[stream][0]], { stroke: GREY, strokeDasharray: "2,4" }) : null,
        ceiling
          ? Plot.text([plots.ceiling], { y: ceiling.acc[stream][0], frameAnchor: "right", dy: -7, textAnchor: "end", fill: GREY })
          : null,
        Plot.ruleX(found, { x: "x", y1: "low", y2: "high", stroke: (p) => p.family || "other", strokeOpacity: 0.35 }),
        Plot.dot(found, { x: "x", y: "y", fill: (p) => p.family || "other", r: 4.5, symbol: (p) => p.family || "other" }),
        ...["start", "end"].map((anchor) =>
          Plot.text(named(found, width).filter((p) => p.anchor === anchor), { x: "x", y: "y", dx: anchor === "start" ? 8 : -8, text: (p) => cut(p.sr), textAnchor: anchor, lineAnchor: "middle", stroke: "var(--ground)", fill: "currentColor" })),
        Plot.tip(found, Plot.pointer({ x: "x", y: "y", title: (p) => `${p.sr}\n${stream} ${p.y.toFixed(1)} [${p.low.toFixed(1)}, ${p.high.toFixed(1)}]\n${axis.title} ${p.x}` })),
      ],
    });
  },

  matrix(width) {
    const matrix = of("matrix");
    if (!matrix) return null;
    const { spatial, temporal, top1, tied } = matrix;
    const cells = spatial.flatMap((a, i) => temporal.map((b, j) => ({ a, b, i, j, value: top1[i][j] })));
    const equal = new Set(tied.map(([i, j]) => `${i} ${j}`));
    const competes = (c) => c.a !== plots.ceiling && c.b !== plots.ceiling;
    const pale = (c) => competes(c) && !equal.has(`${c.i} ${c.j}`);
    const best = tied.slice(0, 1).map(([i, j]) => ({ a: spatial[i], b: temporal[j] }));
    const side = Math.max(26, Math.min(44, (width - 130) / temporal.length));
    const middle = (d3.min(cells, (c) => c.value) + d3.max(cells, (c) => c.value)) / 2;
    const told = document.querySelector('[data-plot="matrix"] .told');
    told.textContent = `${cells.filter(pale).length} of ${cells.filter(competes).length} pairs are, ${plots.ceiling} left out.`;
    return Plot.plot({
      width: side * temporal.length + 130, height: side * spatial.length + 130, padding: 0.04,
      marginLeft: 120, marginTop: 110, marginBottom: 20, marginRight: 10,
      ariaLabel: "Top-1 accuracy of the fusion of every spatial with every temporal stream",
      x: { domain: temporal, axis: "top", label: "temporal", tickRotate: -60, tickFormat: cut },
      y: { domain: spatial, label: "spatial", tickFormat: cut }, color: { scheme: "cividis" },
      marks: [
        Plot.cell(cells, { x: "b", y: "a", fill: "value", fillOpacity: (c) => (pale(c) ? 0.35 : 1), title: (c) => `${c.a}+${c.b}: ${c.value.toFixed(1)}`, tip: true }),
        Plot.cell(best, { x: "b", y: "a", fill: "none", stroke: "#ff3b1f", strokeWidth: 3.5, inset: 1.5 }),
        Plot.text(cells, { x: "b", y: "a", text: (c) => c.value.toFixed(side > 34 ? 1 : 0), fill: (c) => (pale(c) ? "currentColor" : c.value > middle ? "#111" : "#fff"), fontSize: 11 }),
      ],
    });
  },

  weights(width) {
    const found = of("weights");
    if (!found) return null;
    const named = Object.entries(found.lines);
    const best = new Set([...named].sort((a, b) => d3.max(b[1]) - d3.max(a[1])).slice(0, 5).map(([name]) => name));
    const marked = (name) => best.has(name) || name === plots.floor || name === plots.ceiling;
    const lines = named.flatMap(([name, values]) => values.map((y, k) => ({ name, x: found.shares[k], y })));
    const strong = lines.filter((p) => marked(p.name));
    const names = named.map(([name]) => name).filter(marked);
    return Plot.plot({
      style, width, height: Math.min(460, Math.max(300, width * 0.5)), marginLeft: 48, marginBottom: 40, grid: true,
      ariaLabel: "Accuracy of every method by the weight of the temporal stream",
      x: { label: "share of the temporal stream", ticks: 6 }, y: { label: "top-1 (%)", nice: true, ticks: 8 },
      color: { domain: names, range: FAMILY_COLOURS, legend: true, tickFormat: cut },
      marks: [
        Plot.line(lines.filter((p) => !marked(p.name)), { x: "x", y: "y", z: "name", stroke: GREY, strokeOpacity: 0.35, strokeWidth: 1 }),
        Plot.line(strong, { x: "x", y: "y", z: "name", stroke: "name", strokeWidth: 2 }),
        found.used === null ? null : Plot.ruleX([found.used], { strokeDasharray: "4,4" }),
        Plot.tip(lines, Plot.pointer({ x: "x", y: "y", title: (p) => `${p.name}\n${p.y.toFixed(1)} at ${p.x}` })),
      ],
    });
  },

  classes(width) {
    const found = (of("classes") || {})[streamShown()];
    if (!found) return null;
    const [own, floor] = [chosen("class-method"), plots.floor].map((name) => found.methods.indexOf(name));
    if (own < 0 || floor < 0) return null;
    const rows = found.classes
      .map((name, k) => ({ name, clips: found.clips[k], right: found.right[own][k], before: found.right[floor][k] }))
      .map((row) => ({ ...row, delta: (100 * (row.right - row.before)) / row.clips }))
      .sort((a, b) => b.delta - a.delta);
    return Plot.plot({
      style, width, height: 22 * rows.length + 60, marginLeft: Math.min(170, width * 0.4), marginRight: 16,
      ariaLabel: `Difference of ${chosen("class-method")} from ${plots.floor} in every class`,
      x: { label: `points above ${plots.floor}`, grid: true, nice: true, ticks: width < 600 ? 4 : 10 },
      y: { domain: rows.map((row) => row.name), label: null, tickFormat: cut },
      marks: [
        Plot.barX(rows, { x: "delta", y: "name", fill: (row) => (row.delta < 0 ? "#d55e00" : "#0072b2"), title: (row) => `${row.name}: ${row.right} of ${row.clips} right, ${row.before} by ${plots.floor}`, tip: true }),
        Plot.ruleX([0]),
      ],
    });
  },

  agreement(width) {
    const found = (of("agreement") || {})[streamShown()];
    if (!found || found.methods.length < 2) return null;
    const cells = found.share.flatMap((row, i) => row.map((value, j) => ({ a: found.methods[i], b: found.methods[j], value })));
    const side = Math.max(found.methods.length > MOST_NAMES ? 10 : 24, Math.min(36, (width - 130) / found.methods.length));
    const middle = (d3.min(cells, (c) => c.value) + 100) / 2;
    return Plot.plot({
      width: side * found.methods.length + 130, height: side * found.methods.length + 130, padding: 0.04,
      marginLeft: 120, marginTop: 110, marginBottom: 20, marginRight: 10,
      ariaLabel: "Share of clips that two methods are taken for the same class of",
      x: { domain: found.methods, axis: "top", label: null, tickRotate: -60, tickFormat: cut },
      y: { domain: found.methods, label: null, tickFormat: cut }, color: { scheme: "cividis" },
      marks: [
        Plot.cell(cells, { x: "b", y: "a", fill: "value", title: (c) => `${c.a} and ${c.b}: ${c.value} %`, tip: true }),
        side > 20 ? Plot.text(cells, { x: "b", y: "a", text: (c) => `${c.value}`, fill: (c) => (c.value > middle ? "#111" : "#fff"), fontSize: 10 }) : null,
      ],
    });
  },
};

const of = (key) => (plots.recognizers[chosen("plot-recognizer")] || {})[key];
const streamShown = () => chosen("plot-stream");

// Names to the right or left of their points, where they cover neither a name nor a point; others are left to the pointer.
function named(points, width) {
  const [xs, ys] = [["x", width - 130], ["y", 380]].map(([key, end]) => d3.scaleLinear(d3.extent(points, (p) => p[key]), [0, end]));
  const at = points.map((p) => [xs(p.x), -ys(p.y)]);
  const boxes = [];
  const free = ([left, right, y], own) =>
    boxes.every((box) => Math.abs(box[2] - y) > 14 || right < box[0] || left > box[1]) &&
    at.every(([x, other], k) => k === own || Math.abs(other - y) > 8 || x < left - 6 || x > right + 6);
  return points.flatMap((p, k) => {
    const [[x, y], long] = [at[k], 7 * cut(p.sr).length + 8];
    const places = { start: [x + 6, x + 6 + long, y], end: [x - 6 - long, x - 6, y] };
    const anchor = Object.keys(places).find((name) => free(places[name], k));
    if (!anchor || boxes.length >= MOST_NAMES) return [];
    boxes.push(places[anchor]);
    return [{ ...p, anchor }];
  });
}

function draw(figure) {
  const place = figure.querySelector(".drawing");
  const drawn = drawings[figure.dataset.plot](Math.min(WIDEST, Math.max(280, place.clientWidth)));
  place.replaceChildren(drawn || make("p", { textContent: "Not measured in this run, or not for this stream." }));
}

const drawAll = () => document.querySelectorAll(".plot[data-seen]").forEach(draw);

function choose() {
  const own = plots.recognizers[chosen("plot-recognizer")] || {};
  if (own.classes && own.classes[streamShown()]) offer("class-method", own.classes[streamShown()].methods.filter((name) => name !== plots.floor).sort((a, b) => (a === plots.ceiling) - (b === plots.ceiling)));
  drawAll();
}

function startPlots() {
  for (const axis of plots.axes) element("axis").append(make("option", { value: axis.key, textContent: axis.title }));
  const first = plots.recognizers[chosen("plot-recognizer")];
  if (first) element("plot-stream").value = first.headline;
  for (const id of ["plot-recognizer", "plot-stream"]) element(id).addEventListener("input", choose);
  for (const id of ["axis", "class-method"]) element(id).addEventListener("input", drawAll);
  choose();
  // drawn when they come near, so that large pages open at once
  const watch = new IntersectionObserver((seen) => {
    for (const { target, isIntersecting } of seen) {
      if (!isIntersecting || target.dataset.seen) continue;
      target.dataset.seen = "yes";
      draw(target);
    }
  }, { rootMargin: "300px" });
  document.querySelectorAll(".plot").forEach((figure) => watch.observe(figure));
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth !== width) drawAll();
    width = window.innerWidth;
  });
}

startPlots();

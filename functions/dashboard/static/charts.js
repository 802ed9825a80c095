// Charts in SVG: drawn as few paths, read by pointer and by arrow keys alike.

import { h } from "./dom.js";
import { dayOf, duration, hourOf, rateOf, weekdayOf } from "./format.js";

const HOUR = 3_600_000;
const rect = (x, y, width, height) => `M${x} ${y}h${width}v${height}h${-width}Z`;
const round = (value) => Math.round(value * 10) / 10;

/**
 * Makes an element a slider over `count()` values: pointer and arrow keys move it. `at(index)` shows a value,
 * null none; `words(index)` says it; `nearest(x, y)` finds it; `enter(index)` is optional.
 */
export function scrub(element, { count, at, words, nearest, enter }) {
  let index = null;
  const move = (next) => {
    const moved = next !== index;
    index = next;
    if (index == null) return at(null);
    element.setAttribute("aria-valuenow", index);
    element.setAttribute("aria-valuetext", words(index));
    if (moved) at(index);
  };
  const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -1e9, End: 1e9 };
  element.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && index != null && enter) return enter(index);
    if (event.key === "Escape") return move(null);
    if (!(event.key in steps) || count() === 0) return;
    event.preventDefault();
    move(Math.max(0, Math.min(count() - 1, (index ?? count() - (steps[event.key] < 0 ? 0 : 1)) + steps[event.key])));
  });
  const point = (event) => {
    const box = element.getBoundingClientRect();
    return count() ? nearest(event.clientX - box.left, event.clientY - box.top) : null;
  };
  element.addEventListener("pointermove", (event) => move(point(event)));
  element.addEventListener("pointerleave", () => move(null));
  element.addEventListener("blur", () => move(null));
  element.addEventListener("click", (event) => enter && point(event) != null && enter(point(event)));
  return {
    refresh() {
      element.setAttribute("aria-valuemin", 0);
      element.setAttribute("aria-valuemax", Math.max(0, count() - 1));
      if (!element.hasAttribute("aria-valuenow")) element.setAttribute("aria-valuenow", Math.max(0, count() - 1));
      if (index == null && count()) element.setAttribute("aria-valuetext", words(count() - 1));
      if (index != null && index < count()) at(index);
    },
  };
}

/** Hours as they come, or six at once; each bucket with its counts and its own rate. */
export function bucketed(series, window) {
  const hours = window === "7d" ? 6 : 1;
  const groups = new Map();
  for (const bucket of series.buckets) {
    const from = Date.parse(bucket.from);
    const shift = new Date(from).getTimezoneOffset() * 60_000;
    const key = hours === 1 ? from : Math.floor((from - shift) / (hours * HOUR));
    const group = groups.get(key) ?? { from, to: 0, success: 0, failure: 0, cancelled: 0, skipped: 0 };
    group.to = Date.parse(bucket.to);
    for (const [name, n] of Object.entries(bucket.builds)) group[name] += n;
    groups.set(key, group);
  }
  return [...groups.values()].map((group) => ({ ...group, rate: rateOf(group) }));
}

const RATE = { top: 12, height: 56 };
const BARS = { top: 92, height: 128 };
const AXIS = 22;
const LEFT = 36;
const RIGHT = 6;
export const TIME_HEIGHT = BARS.top + BARS.height + AXIS;

export function timeLayout(width, buckets) {
  const step = (width - LEFT - RIGHT) / Math.max(1, buckets.length);
  return { width, step, x: (i) => LEFT + i * step, index: (x) => Math.max(0, Math.min(buckets.length - 1, Math.floor((x - LEFT) / step))) };
}

/** The success rate above; below it what passed upwards and what failed downwards, on one scale. */
export function timeChart(buckets, layout) {
  const up = Math.max(1, ...buckets.map((b) => b.success + b.cancelled + b.skipped));
  const down = Math.max(0, ...buckets.map((b) => b.failure));
  const unit = BARS.height / (up + Math.max(down, up * 0.12));
  const zero = BARS.top + up * unit;
  const floor = rateFloor(buckets);
  const gap = layout.step > 6 ? 2 : layout.step > 3 ? 1 : 0;
  const bars = { success: [], other: [], failure: [] };
  buckets.forEach((bucket, i) => {
    const x = round(layout.x(i) + gap / 2);
    const bar = (list, y, n) => n > 0 && list.push(rect(x, round(y), round(layout.step - gap), round(Math.max(1.5, n * unit))));
    const rest = bucket.cancelled + bucket.skipped;
    bar(bars.success, zero - bucket.success * unit, bucket.success);
    bar(bars.other, zero - (bucket.success + rest) * unit - 1, rest);
    bar(bars.failure, zero + 1, bucket.failure);
  });
  return [
    rule(layout, RATE.top, "100%"),
    rule(layout, RATE.top + RATE.height, `${floor}%`),
    rule(layout, BARS.top, String(up)),
    rule(layout, zero, "0"),
    h("path", { class: "b-success", d: bars.success.join("") }),
    h("path", { class: "b-other", d: bars.other.join("") }),
    h("path", { class: "b-failure", d: bars.failure.join("") }),
    h("path", { class: "rate-line", d: rateLine(buckets, layout, floor) }),
    h("path", { class: "rate-dots", d: rateDots(buckets, layout, floor) }),
    timeAxis(buckets, layout, TIME_HEIGHT - 6),
  ];
}

const rateFloor = (buckets) => {
  const lowest = Math.min(100, ...buckets.map((b) => b.rate ?? 100));
  return lowest >= 50 ? 50 : 0;
};
const rateY = (rate, floor) => round(RATE.top + (RATE.height * (100 - rate)) / (100 - floor));
const middle = (layout, i) => round(layout.x(i) + layout.step / 2);

/** Broken off where there was nothing to divide by. */
function rateLine(buckets, layout, floor) {
  let pen = "M";
  return buckets.map((bucket, i) => {
    const step = bucket.rate == null ? "" : `${pen}${middle(layout, i)} ${rateY(bucket.rate, floor)}`;
    pen = bucket.rate == null ? "M" : "L";
    return step;
  }).join("");
}

/** A rate between two empty buckets would else be invisible. */
function rateDots(buckets, layout, floor) {
  const alone = (i) => buckets[i].rate != null && buckets[i - 1]?.rate == null && buckets[i + 1]?.rate == null;
  return buckets.map((bucket, i) => (alone(i) ? dot(middle(layout, i), rateY(bucket.rate, floor), 2) : "")).join("");
}

const dot = (x, y, r) => `M${round(x - r)} ${round(y)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`;

function rule({ width }, y, label) {
  return h("g", { class: "rule" }, h("line", { x1: LEFT, x2: width - RIGHT, y1: round(y), y2: round(y) }), h("text", { x: LEFT - 6, y: round(y) + 3.5, "text-anchor": "end" }, label));
}

function timeAxis(buckets, layout, y) {
  const short = buckets.length && buckets.at(-1).to - buckets[0].from <= 26 * HOUR;
  const space = Math.ceil(72 / layout.step);
  const starts = (bucket, i) => (short ? i % Math.max(space, 3) === 0 : new Date(bucket.from).getHours() < 6);
  let next = 0;
  return h("g", { class: "axis" }, buckets.map((bucket, i) => {
    if (i < next || !starts(bucket, i) || layout.x(i) > layout.width - 44) return null;
    next = i + space;
    return h("text", { x: round(layout.x(i)), y }, short ? hourOf(bucket.from) : dayOf(bucket.from));
  }));
}

export const cursor = (layout, i) => h("path", { class: "cursor", d: rect(round(layout.x(i)), RATE.top - 6, round(layout.step), BARS.top + BARS.height - RATE.top + 12) });

export function bucketName(bucket) {
  const hours = (bucket.to - bucket.from) / HOUR;
  if (hours > 12 && hours <= 25) return weekdayOf(bucket.from);
  return `${weekdayOf(bucket.from)}, ${hourOf(bucket.from)}–${hourOf(bucket.to)}`;
}

/** Durations of the last builds as a line, oldest on the left. */
export function sparkline(seconds) {
  const known = seconds.filter((value) => value != null);
  if (known.length < 2) return h("svg", { class: "spark", "aria-hidden": "true" });
  const most = Math.max(...known) || 1;
  const step = 86 / (known.length - 1);
  const points = known.map((value, i) => `${round(2 + i * step)} ${round(24 - 21 * (value / most))}`);
  const [x, y] = points.at(-1).split(" ").map(Number);
  return h("svg", { class: "spark", viewBox: "0 0 90 26", "aria-hidden": "true" },
    h("path", { class: "area", d: `M2 25L${points.join("L")}L${x} 25Z` }),
    h("path", { class: "line", d: `M${points.join("L")}` }),
    h("path", { class: "end", d: dot(x, y, 2.2) }));
}

// One shape a status, so that colour is not needed.
const POINTS = {
  success: (x, y) => dot(x, y, 3),
  failure: (x, y) => `M${round(x)} ${round(y - 5)}l4.6 8h-9.2Z`,
  cancelled: (x, y) => `M${round(x - 3)} ${round(y - 3)}h6v6h-6Zm1.4 1.4v3.2h3.2v-3.2Z`,
  skipped: (x, y) => `M${round(x - 3.5)} ${round(y - 1)}h7v2h-7Z`,
};
export const pointKey = (name) => h("svg", { class: "point", viewBox: "0 0 12 12", "aria-hidden": "true" }, h("path", { class: `f-${name}`, d: POINTS[name](6, 6), "fill-rule": "evenodd" }));

const SCATTER = { top: 14, bottom: 24, left: 52, right: 44 };
export const SCATTER_HEIGHT = 230;

export function scatterLayout(width, builds, lines) {
  const times = builds.map((build) => build.at);
  const from = Math.min(...times);
  const to = Math.max(...times, from + HOUR);
  const most = niceAbove(Math.max(60, lines.p95 ?? 0, ...builds.map((build) => build.duration_seconds)));
  const inner = width - SCATTER.left - SCATTER.right;
  const high = SCATTER_HEIGHT - SCATTER.top - SCATTER.bottom;
  return {
    width, from, to, most,
    x: (at) => SCATTER.left + 6 + ((inner - 12) * (at - from)) / (to - from),
    y: (seconds) => SCATTER.top + high * (1 - seconds / most),
  };
}

const STEPS = [60, 120, 300, 600, 900, 1200, 1800, 2700, 3600, 5400, 7200, 10800, 14400, 21600, 43200, 86400];
const niceAbove = (seconds) => STEPS.find((step) => step >= seconds) ?? Math.ceil(seconds / 86400) * 86400;

export function scatterChart(builds, lines, layout) {
  const paths = {};
  for (const build of builds) (paths[build.status] ??= []).push(POINTS[build.status]?.(layout.x(build.at), layout.y(build.duration_seconds)));
  const right = layout.width - SCATTER.right;
  const level = (name, seconds) => seconds != null && seconds <= layout.most && h("g", { class: `level ${name}` },
    h("line", { x1: SCATTER.left, x2: right, y1: round(layout.y(seconds)), y2: round(layout.y(seconds)) }),
    h("text", { x: right + 6, y: round(layout.y(seconds)) + 4 }, name));
  const ticks = [0, layout.most / 2, layout.most];
  const days = Math.max(1, Math.ceil((layout.to - layout.from) / 86_400_000 / Math.max(1, Math.floor(layout.width / 110))));
  const first = new Date(layout.from);
  first.setHours(24, 0, 0, 0);
  const labels = [];
  for (let at = +first; at < layout.to; at += days * 86_400_000) labels.push(at);
  return [
    ticks.map((seconds) => h("g", { class: "rule" },
      h("line", { x1: SCATTER.left, x2: right, y1: round(layout.y(seconds)), y2: round(layout.y(seconds)) }),
      h("text", { x: SCATTER.left - 8, y: round(layout.y(seconds)) + 4, "text-anchor": "end" }, duration(seconds).replace(" 00s", "").replace(" 00m", "")))),
    h("g", { class: "axis" }, labels.map((at) => h("text", { x: round(layout.x(at)), y: SCATTER_HEIGHT - 6, "text-anchor": "middle" }, dayOf(at)))),
    ["skipped", "cancelled", "success", "failure"].map((name) => paths[name] && h("path", { class: `f-${name}`, d: paths[name].join(""), "fill-rule": name === "cancelled" ? "evenodd" : null })),
    level("p50", lines.p50),
    level("p95", lines.p95),
  ];
}

export const ring = (layout, build) => h("circle", { class: "ring", cx: round(layout.x(build.at)), cy: round(layout.y(build.duration_seconds)), r: 7 });

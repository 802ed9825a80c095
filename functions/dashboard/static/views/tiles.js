// A number, what it means, and how it moved against the window before.

import { h } from "../dom.js";
import { count, duration, percent, plural, points, rateOf, signed } from "../format.js";
import { WINDOWS } from "../router.js";

export const DEFINITIONS = {
  success_rate: "Success rate: builds that passed, of those that passed or failed. Running, cancelled and skipped builds say nothing about the code and do not count.",
  builds: "Builds that completed in the window: passed, failed, cancelled and skipped ones. Every re-run is its own build.",
  average: "Average duration: the mean over all completed builds whose duration is known, cancelled ones included.",
  p50: "p50: half of the successful builds took at most this long (within 2%).",
  p95: "p95: 95% of the successful builds took at most this long; one in twenty took longer (within 2%).",
  broken: "Broken now: pipelines whose last conclusive build on their default branch failed; without a default branch, on the branch that was active last. It does not depend on the window.",
  recovery: "Time to restore: from the first failure of a branch to its next success; the mean over those that closed in the window.",
};

/** `good` says which way is better: 1 up, -1 down, 0 neither. */
function tile(name, label, value, { change, good = 0, note, tone } = {}) {
  const text = change?.text ?? null;
  const direction = change && change.value > 0 ? 1 : -1;
  const mood = !text || good === 0 ? "even" : direction === good ? "better" : "worse";
  return h("div", { class: `tile ${tone ?? ""}` },
    h("dt", null, h("button", { class: "term", type: "button", "data-tip": DEFINITIONS[name], "aria-describedby": `def-${name}` }, label), h("span", { class: "sr", id: `def-${name}` }, DEFINITIONS[name])),
    h("dd", { class: "value" }, value),
    h("dd", { class: `change ${mood}` }, text ? [h("span", { "aria-hidden": "true" }, direction > 0 ? "▲ " : "▼ "), text, h("span", { class: "sr" }, mood === "even" ? "" : `, ${mood}`)] : null, note && h("span", { class: "note" }, text ? " · " : "", note)));
}

const moved = (value, format) => ({ value, text: signed(value, format) });
const total = (builds) => builds && Object.values(builds).reduce((sum, n) => sum + n, 0);

const empty = (summary) => summary == null;

export function tilesOf(summary, route, broken) {
  if (empty(summary)) return Array.from({ length: 5 }, () => h("div", { class: "tile loading" }, h("dt", null, "\u00a0"), h("dd", { class: "value" }, "\u00a0"), h("dd", { class: "change" }, "\u00a0")));
  const change = summary.trend?.change;
  const before = `the ${WINDOWS[route.window]} before`;
  const unmoved = summary.trend ? `as in ${before}` : `nothing in ${before}`;
  const against = (value, format, good) => {
    const it = moved(value, format);
    return { change: it, good, note: it.text ? null : unmoved };
  };
  const all = total(summary.builds);
  return [
    broken && brokenTile(summary, route, broken),
    tile("success_rate", "Success rate", percent(rateOf(summary.builds)), against(change?.success_rate, points, 1)),
    tile("builds", "Builds", count(all), against(change && total(change.builds), count, 0)),
    tile("average", "Average duration", duration(summary.avg_build_time), against(change?.avg_build_time, duration, -1)),
    !broken && tile("p50", "p50 duration", duration(summary.duration.p50), against(change?.duration.p50, duration, -1)),
    tile("p95", "p95 duration", duration(summary.duration.p95), against(change?.duration.p95, duration, -1)),
    !broken && recoveryTile(summary),
  ].filter(Boolean);
}

function brokenTile(summary, route, broken) {
  const from = Date.parse(summary.from);
  const fresh = broken.filter((pipeline) => Date.parse(pipeline.broken_since) >= from).length;
  const note = broken.length === 0 ? "all green" : `${fresh ? `${fresh} broke` : "none broke"} in these ${WINDOWS[route.window]}`;
  return tile("broken", "Broken now", count(broken.length), { note, tone: broken.length ? "bad" : "good" });
}

function recoveryTile(summary) {
  const { episodes, mean } = summary.recovery;
  return tile("recovery", "Time to restore", duration(mean), { note: episodes ? `mean of ${plural(episodes, "recovery", "recoveries")}` : "nothing was restored" });
}

// For a wall: what is broken, large; everything else small; nothing to click, nothing to scroll.

import { fill, h, list, said } from "../dom.js";
import { count, percent, plural, rateOf } from "../format.js";
import { WORDS, icon, isOpen, strip } from "../marks.js";
import { WINDOWS, here } from "../router.js";
import { isBroken, state } from "../state.js";
import { branchChip, when } from "./parts.js";
import { ordered } from "./pipelines.js";

const SMALL = 64; // more passing pipelines than this are only counted

export function mount(root) {
  const headline = h("h1", { class: "headline" });
  const side = h("p", { class: "tv-side" });
  const broken = h("ul", { class: "tv-broken" });
  const others = h("ul", { class: "tv-others" });
  const rest = h("p", { class: "tv-rest" });
  root.append(h("div", { class: "tv-head" }, headline, side), broken, others, rest);
  keepAwake();
  return () => {
    const all = ordered([...state.pipelines.values()].filter((pipeline) => !state.route.repo || pipeline.repo === state.route.repo));
    const bad = all.filter(isBroken);
    const good = all.filter((pipeline) => !isBroken(pipeline));
    fill(headline, icon(bad.length ? "failure" : "success", "big"), h("span", null, bad.length ? [h("b", null, count(bad.length)), " broken"] : `All ${count(all.length)} pass`));
    fill(side, ...sideOf());
    root.classList.toggle("bad", bad.length > 0);
    const large = bad.slice(0, 9);
    broken.hidden = bad.length === 0;
    broken.dataset.count = large.length;
    list(broken, large.map((p) => ({ key: p.id, parts: [p, state.details.get(p.streak?.last_build)] })), brokenTile);
    const small = [...bad.slice(9), ...good].slice(0, SMALL);
    others.dataset.size = small.length > 36 ? "s" : small.length > 16 ? "m" : "l";
    list(others, small.map((p) => ({ key: p.id, parts: [p] })), smallTile);
    const left = all.length - large.length - small.length;
    rest.textContent = left > 0 ? `and ${plural(left, "more pipeline")}` : "";
  };
}

const sideOf = () => [
  state.live !== "open" && h("span", { class: "lost" }, state.live === "waiting" ? "offline" : "connecting"),
  h("span", null, "success rate ", h("b", null, percent(state.summary && rateOf(state.summary.builds))), ` in ${WINDOWS[state.route.window]}`),
  h("a", { href: here({ tv: null }) }, "Leave"),
].filter(Boolean);

function brokenTile({ parts: [pipeline, build] }) {
  return h("li", { class: "tv-tile broken" }, h("div", null,
    h("p", { class: "repo" }, said(pipeline.repo)),
    h("h2", null, icon("failure"), said(pipeline.name)),
    h("p", { class: "since" }, branchChip(pipeline.branch), " for ", when(pipeline.broken_since, "span")),
    h("p", { class: "who" }, pipeline.streak && plural(pipeline.streak.builds, "failure"), build?.actor && [" · ", said(build.actor)], isOpen(pipeline.status) && h("span", { class: "again" }, ` · ${WORDS[pipeline.status].toLowerCase()} again`)),
    strip(pipeline.recent)));
}

const smallTile = ({ parts: [pipeline] }) =>
  h("li", { class: `tv-tile s-${pipeline.status}` }, h("div", null,
    h("p", { class: "repo" }, said(pipeline.repo)),
    h("h2", null, icon(isBroken(pipeline) ? "failure" : pipeline.status), said(pipeline.name), h("span", { class: "sr" }, WORDS[pipeline.status] ?? "")),
    strip(pipeline.recent)));

/** A wall should not fall asleep; browsers that cannot promise it are as they are. */
function keepAwake() {
  const ask = () => document.visibilityState === "visible" && state.route.tv && navigator.wakeLock?.request("screen").catch(() => null);
  ask();
  document.addEventListener("visibilitychange", ask);
}

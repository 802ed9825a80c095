// Everything at a glance: what is broken and why, the numbers, what is going on, and every pipeline.

import { TIME_HEIGHT, bucketName, bucketed, cursor, scrub, timeChart, timeLayout } from "../charts.js";
import { fill, h, list, said } from "../dom.js";
import { count, percent, plural, rateOf } from "../format.js";
import { icon, isOpen, legend, strip } from "../marks.js";
import { WINDOWS, toBuild, toPipeline } from "../router.js";
import { brokenOnes, newestFirst, startOf, state } from "../state.js";
import { filters, rows } from "./pipelines.js";
import { atSender, branchChip, buildLine, excerpt, log, noLog, titleOf, when } from "./parts.js";
import { tilesOf } from "./tiles.js";

const EXPLAINED = 6;
const GOING_ON = 14;

export function mount(root) {
  const headline = h("h1", { class: "headline" });
  const further = h("p", { class: "further" });
  const cards = h("ul", { class: "cards", "aria-label": "Broken pipelines" });
  const tiles = h("dl", { class: "tiles" });
  const chart = chartPart();
  const activity = h("ol", { class: "lines", "aria-label": "Latest builds" });
  const pipelines = rows();
  const bar = filters();
  root.append(
    h("section", { class: "hero", "aria-label": "What is broken" }, headline, cards, further),
    h("section", { "aria-label": "Numbers" }, tiles),
    h("div", { class: "columns" },
      h("section", { class: "panel chart", "aria-labelledby": "chart-title" }, chart.element),
      h("section", { class: "panel activity", "aria-labelledby": "activity-title" }, h("h2", { id: "activity-title" }, "Latest builds"), activity)),
    h("section", { class: "panel pipelines", "aria-labelledby": "pipelines-title" },
      h("div", { class: "panel-head" }, h("h2", { id: "pipelines-title" }, "Pipelines"), legend()), bar.element, pipelines.element),
  );
  return () => {
    const known = [...state.pipelines.values()].filter(inScope);
    const broken = brokenOnes(known);
    fill(headline, ...headlineOf(broken, known));
    list(cards, broken.slice(0, EXPLAINED).map((p) => ({ key: p.id, parts: [p, state.details.get(p.streak?.last_build)] })), card);
    const left = broken.length - EXPLAINED;
    further.textContent = left > 0 ? `and ${left} more, in the list below` : "";
    fill(tiles, tilesOf(state.summary, state.route, broken));
    chart.update();
    list(activity, goingOn().map((build) => ({ key: build.id, parts: [build] })), ({ parts }) => buildLine(parts[0]));
    bar.update(known);
    pipelines.update(known);
  };
}

const inScope = (pipeline) => !state.route.repo || pipeline.repo === state.route.repo;

function headlineOf(broken, known) {
  const of = state.route.repo && [" of ", said(state.route.repo)];
  if (known.length === 0) return [h("span", null, "No pipeline", of)];
  const all = known.length === 1 ? "The only pipeline" : `All ${count(known.length)} pipelines`;
  if (broken.length === 0) return [icon("success", "big"), h("span", null, all, of, known.length === 1 ? " passes" : " pass")];
  const are = broken.length === 1 ? "is" : "are";
  return [icon("failure", "big"), h("span", null, h("b", null, count(broken.length)), ` of ${plural(known.length, "pipeline")}`, of, ` ${are} broken`)];
}

function card({ parts: [pipeline, build] }) {
  const { streak } = pipeline;
  return h("li", { class: "card", "data-href": toPipeline(pipeline.id) },
    h("div", { class: "card-head" }, icon("failure"),
      h("h2", null, h("a", { href: toPipeline(pipeline.id) }, h("span", { class: "repo" }, said(pipeline.repo)), " ", said(pipeline.name))),
      branchChip(pipeline.branch)),
    h("p", { class: "since" }, "Broken for ", when(pipeline.broken_since, "span"), streak && streak.builds > 1 ? ` · ${streak.builds} in a row` : " · first failure"),
    build ? cause(build) : [h("p", { class: "cause faint" }, build === null ? "The build is not kept any more." : "…"), h("p", { class: "log none" })],
    h("div", { class: "card-foot" }, strip(pipeline.recent), build && atSender(build, { short: true })));
}

function cause(build) {
  return [
    h("p", { class: "cause" }, h("a", { href: toBuild(build.id) }, said(titleOf(build))), build.actor && h("span", { class: "by" }, h("span", { class: "sr" }, "by "), said(build.actor))),
    build.logs
      ? log(excerpt(build.logs, 3), { "aria-label": "End of the log" })
      : noLog(build),
  ];
}

/** Running and queued ones first, then the latest; of the scope. */
function goingOn() {
  const { repo, defaultOnly } = state.route;
  const wanted = [...state.builds.values()].filter((build) => (!repo || build.repo === repo) && (!defaultOnly || onDefault(build)));
  const newest = wanted.sort(newestFirst);
  const open = newest.filter((build) => isOpen(build.status) && Date.now() - startOf(build) < 86_400_000);
  const ended = newest.filter((build) => !isOpen(build.status)).sort((a, b) => Date.parse(b.completed_at) - Date.parse(a.completed_at));
  return [...open, ...ended].slice(0, GOING_ON);
}

function onDefault(build) {
  const pipeline = state.pipelines.get(build.pipeline_id);
  return build.branch === (pipeline?.default_branch ?? pipeline?.branch);
}

function chartPart() {
  const title = h("h2", { id: "chart-title" }, "Builds");
  const values = h("p", { class: "values" });
  const drawing = h("svg", { class: "drawing", height: TIME_HEIGHT, "aria-hidden": "true" });
  const slider = h("div", { class: "slider", tabindex: 0, role: "slider", "aria-label": "Builds over time; arrow keys read each value" }, drawing);
  let buckets = [];
  let layout = null;
  const scrubber = scrub(slider, {
    count: () => buckets.length,
    at: (index) => {
      drawing.querySelector(".cursor")?.remove();
      if (index != null) drawing.prepend(cursor(layout, index));
      fill(values, index == null ? overall(buckets) : readout(bucketName(buckets[index]), buckets[index]));
    },
    words: (index) => spoken(buckets[index]),
    nearest: (x) => layout.index(x),
  });
  let drawnFor = null;
  function update() {
    if (!state.series || !slider.clientWidth) return;
    const key = [state.series, slider.clientWidth];
    if (drawnFor && key.every((part, i) => part === drawnFor[i])) return;
    drawnFor = key;
    buckets = bucketed(state.series, state.route.window);
    layout = timeLayout(slider.clientWidth, buckets);
    drawing.setAttribute("viewBox", `0 0 ${layout.width} ${TIME_HEIGHT}`);
    drawing.replaceChildren(...timeChart(buckets, layout));
    fill(values, overall(buckets));
    scrubber.refresh();
  }
  new ResizeObserver(update).observe(slider);
  return { element: [h("div", { class: "panel-head" }, title, values), slider], update };
}

function overall(buckets) {
  const sum = { success: 0, failure: 0, cancelled: 0, skipped: 0 };
  for (const bucket of buckets) for (const name of Object.keys(sum)) sum[name] += bucket[name];
  return readout(WINDOWS[state.route.window], { ...sum, rate: rateOf(sum) });
}

function readout(name, { rate, success, failure, cancelled, skipped }) {
  const item = (kind, label, value) => h("span", { class: `v-${kind}` }, h("i", { "aria-hidden": "true" }), label, " ", h("b", null, value));
  return [
    h("span", { class: "v-name" }, name),
    item("rate", "success rate", percent(rate)),
    item("success", "passed", count(success)),
    item("failure", "failed", count(failure)),
    item("other", "cancelled or skipped", count(cancelled + skipped)),
  ];
}

const spoken = (bucket) =>
  `${bucketName(bucket)}: ${plural(bucket.success + bucket.failure + bucket.cancelled + bucket.skipped, "build")}, ${bucket.success} passed, ${bucket.failure} failed, success rate ${percent(bucket.rate)}`;

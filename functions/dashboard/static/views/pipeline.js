// One pipeline: how long its builds take, what broke and was fixed, its branches, and every build.

import { SCATTER_HEIGHT, pointKey, ring, scatterChart, scatterLayout, scrub } from "../charts.js";
import { fill, h, list, said } from "../dom.js";
import { count, duration, percent, plural, rateOf } from "../format.js";
import { WORDS, icon, isOpen, status } from "../marks.js";
import { more } from "../load.js";
import { go, here, toBuild, toOverview } from "../router.js";
import { isBroken, mainBranch, startOf, state } from "../state.js";
import { jobsPart } from "./jobs.js";
import { atSender, branchChip, crumbs, excerpt, log, noLog, number, titleOf, took, when } from "./parts.js";
import { tilesOf } from "./tiles.js";

export function mount(root) {
  const head = h("div", { class: "page-head" });
  const matters = h("ul", { class: "matters", "aria-label": "What is the matter" });
  const why = h("div", { class: "why-broken" });
  const tiles = h("dl", { class: "tiles" });
  const scatter = scatterPart();
  const branches = h("ul", { class: "branches" });
  const changes = h("ol", { class: "lines changes" });
  const noChange = h("p", { class: "nothing" });
  const jobs = jobsPart();
  const table = buildsPart();
  root.append(
    head, matters, why,
    h("section", { "aria-label": "Numbers" }, tiles),
    h("section", { class: "panel chart", "aria-labelledby": "scatter-title" }, scatter.element),
    h("div", { class: "columns even" },
      h("section", { class: "panel", "aria-labelledby": "branches-title" }, h("h2", { id: "branches-title" }, "Branches"), branches),
      h("section", { class: "panel", "aria-labelledby": "changes-title" }, h("h2", { id: "changes-title" }, "Broken and fixed"), changes, noChange)),
    jobs.element,
    h("section", { class: "panel", "aria-labelledby": "builds-title" }, table.element),
  );
  return () => {
    const pipeline = state.pipelines.get(state.route.pipeline);
    const builds = state.history?.builds ?? [];
    fill(head, ...headOf(pipeline, builds[0]));
    fill(matters, ...mattersOf(state.matters));
    fill(why, ...[pipeline && isBroken(pipeline) ? causeOf(pipeline) : null].flat(9).filter(Boolean));
    fill(tiles, tilesOf(state.summary, state.route));
    scatter.update(builds);
    list(branches, branchesOf(pipeline, builds), branchRow);
    const found = changesOf(builds).slice(0, 12);
    list(changes, found.map((change) => ({ key: change.build.id, parts: [change.build, change.change] })), changeRow);
    noChange.textContent = found.length || !state.history ? "" : "Nothing broke and nothing was fixed in these builds.";
    jobs.update(state.jobs);
    table.update(builds);
  };
}

function headOf(pipeline, build) {
  const named = pipeline ?? build;
  const name = pipeline?.name ?? build?.pipeline;
  if (!named) return [crumbs(h("a", { href: toOverview() }, "All pipelines")), h("h1", { class: "headline" }, state.pipelines && state.history ? "There is no such pipeline" : "…")];
  return [
    crumbs(h("a", { href: toOverview() }, "All pipelines"), said(named.repo)),
    h("h1", { class: "headline" }, pipeline && icon(isBroken(pipeline) ? "failure" : pipeline.status, "big"), said(name)),
    pipeline && h("p", { class: "stands" }, branchChip(mainBranch(pipeline)), standing(pipeline)),
  ].filter(Boolean);
}

function mattersOf(pipeline) {
  if (!pipeline) return [];
  const { flaky, slower, silent, stuck } = pipeline;
  const commits = flaky.flaky;
  return [
    commits > 0 && matter("Flaky", `${plural(commits, "commit")} both failed and passed within seven days, nothing changed between`, flaky.flagged),
    slower.slower && matter("Slower", `p95 is ${duration(slower.p95)}, was ${duration(slower.before)} before`, true),
    silent.since && matter("Silent", ["its next build was due ", when(silent.since)], true),
    ...stuck.map((id) => matter("Stuck", h("a", { href: toBuild(id) }, "a build runs for more than twice its p95"), true)),
  ].filter(Boolean);
}

const matter = (name, what, serious) => h("li", { class: serious ? "serious" : null }, h("b", null, name), " ", what);

function standing(pipeline) {
  const { streak } = pipeline;
  if (isBroken(pipeline)) return ["broken for ", when(pipeline.broken_since, "span"), streak && ` · ${plural(streak.builds, "failure")} in a row`];
  const running = isOpen(pipeline.status) ? `${WORDS[pipeline.status].toLowerCase()} · ` : "";
  return streak ? [running, `${plural(streak.builds, "build")} passed in a row, since `, when(streak.since)] : running || "no conclusive build yet";
}

function causeOf(pipeline) {
  const build = state.details.get(pipeline.streak?.last_build);
  if (!build) return null;
  return h("section", { class: "panel cause-panel", "aria-label": "Why" },
    h("h2", null, "The last failure, ", when(build.completed_at)),
    h("p", { class: "cause" }, said(titleOf(build)), build.actor && [h("span", { class: "by" }, " by "), said(build.actor)]),
    build.logs ? log(excerpt(build.logs, 8), { tabindex: 0, role: "region", "aria-label": "End of the log" }) : noLog(build),
    h("p", { class: "actions" }, atSender(build), h("a", { class: "button quiet", href: toBuild(build.id) }, "Details")));
}

function scatterPart() {
  const values = h("p", { class: "values" });
  const drawing = h("svg", { class: "drawing", height: SCATTER_HEIGHT, "aria-hidden": "true" });
  const slider = h("div", { class: "slider", tabindex: 0, role: "slider", "aria-label": "Duration of each build; arrow keys read them, Enter opens one" }, drawing);
  let points = [];
  let layout = null;
  const scrubber = scrub(slider, {
    count: () => points.length,
    at: (index) => {
      drawing.querySelector(".ring")?.remove();
      if (index != null) drawing.append(ring(layout, points[index]));
      fill(values, ...(index == null ? overall(points) : readout(points[index])));
    },
    words: (index) => `${WORDS[points[index].status]} in ${duration(points[index].duration_seconds)} on ${points[index].branch}, ${points[index].completed_at}`,
    nearest: (x, y) => nearest(points, layout, x, y),
    enter: (index) => go(toBuild(points[index].id)),
  });
  let drawnFor = [];
  let builds = [];
  function draw() {
    const key = [builds, slider.clientWidth, state.summary];
    if (!slider.clientWidth || key.every((part, i) => part === drawnFor[i])) return;
    drawnFor = key;
    points = plotted(builds);
    const lines = state.summary?.duration ?? {};
    layout = points.length ? scatterLayout(slider.clientWidth, points, lines) : null;
    drawing.setAttribute("viewBox", `0 0 ${slider.clientWidth} ${SCATTER_HEIGHT}`);
    drawing.replaceChildren(...(layout ? scatterChart(points, lines, layout).flat().filter(Boolean) : []));
    fill(values, ...overall(points));
    scrubber.refresh();
  }
  new ResizeObserver(draw).observe(slider);
  return {
    element: [h("div", { class: "panel-head" }, h("h2", { id: "scatter-title" }, "Duration"), values), slider],
    update: (known) => {
      builds = state.history ? known : [];
      draw();
    },
  };
}

const SHAPES = ["success", "failure", "cancelled", "skipped"];

const overall = (points) => [
  h("span", { class: "v-name" }, points.length ? plural(points.length, "build") : "no completed build"),
  SHAPES.filter((name) => points.some((build) => build.status === name)).map((name) => h("span", { class: "v-key" }, pointKey(name), WORDS[name].toLowerCase())),
];

/** Those of the window; where there are none, all that are known. */
function plotted(builds) {
  const completed = builds.filter((build) => build.duration_seconds != null && !isOpen(build.status)).map((build) => ({ ...build, at: startOf(build) })).reverse();
  const from = Date.parse(state.summary?.from ?? 0);
  const within = completed.filter((build) => Date.parse(build.completed_at) >= from);
  return within.length ? within : completed;
}

const readout = (build) => [
  status(build.status),
  h("b", null, duration(build.duration_seconds)),
  h("span", { class: "v-text" }, said(build.branch), build.title && [" · ", said(build.title)]),
  when(build.completed_at),
].filter(Boolean);

function nearest(points, layout, x, y) {
  let best = 0;
  let least = Infinity;
  points.forEach((build, i) => {
    const distance = (layout.x(build.at) - x) ** 2 + ((layout.y(build.duration_seconds) - y) ** 2) / 4;
    if (distance < least) [best, least] = [i, distance];
  });
  return best;
}

function branchesOf(pipeline, builds) {
  const groups = new Map();
  for (const build of builds) groups.set(build.branch, [...(groups.get(build.branch) ?? []), build]);
  const main = pipeline && mainBranch(pipeline);
  const broken = new Map((pipeline?.broken_branches ?? []).map((each) => [each.branch, each.since]));
  if (state.route.branch && !groups.has(state.route.branch)) groups.set(state.route.branch, []);
  const rank = (name) => (name === main ? 0 : broken.has(name) ? 1 : 2);
  const names = [...groups.keys()].sort((a, b) => rank(a) - rank(b));
  const everything = { key: "*", parts: [null, builds.length, null, null, null, !state.route.branch] };
  return [everything, ...names.slice(0, 12).map((name) => {
    const own = groups.get(name);
    const ended = (status) => own.filter((build) => build.status === status).length;
    const rate = rateOf({ success: ended("success"), failure: ended("failure") });
    return { key: `b ${name}`, parts: [name, own.length, own[0]?.status, rate, broken.get(name), state.route.branch === name] };
  })];
}

function branchRow({ parts: [name, n, newest, rate, since, chosen] }) {
  const link = h("a", { href: here({ branch: name }), "aria-current": chosen ? "true" : null }, name == null ? "All branches" : said(name));
  return h("li", { class: `branch-row${chosen ? " chosen" : ""}` },
    name == null ? h("span", { class: "icon" }) : icon(since ? "failure" : newest ?? "skipped"), link,
    since ? h("span", { class: "since" }, "broken for ", when(since, "span")) : h("span", null),
    h("span", { class: "faint" }, name == null ? "" : `${percent(rate)} of ${plural(n, "build")}`));
}

/** The first build of each run of equal outcomes on a branch; what came before these builds is unknown. */
export function changesOf(builds) {
  const before = new Map();
  const found = [];
  const conclusive = builds.filter((build) => build.status === "success" || build.status === "failure");
  for (const build of conclusive.sort((a, b) => Date.parse(a.completed_at) - Date.parse(b.completed_at))) {
    const last = before.get(build.branch);
    if (last && last.status !== build.status) found.push({ build, change: build.status === "failure" ? "broken" : "fixed", before: last });
    before.set(build.branch, build);
  }
  return found.reverse();
}

const changeRow = ({ parts: [build, change] }) =>
  h("li", { class: `line s-${build.status}`, "data-href": toBuild(build.id) }, icon(build.status),
    h("div", { class: "what" }, h("a", { href: toBuild(build.id) }, h("b", null, change === "broken" ? "Broken" : "Fixed"), " ", said(build.branch)), h("span", { class: "why" }, build.actor && [said(build.actor), ": "], said(build.title))),
    h("div", { class: "when" }, when(build.completed_at)));

function buildsPart() {
  const body = h("tbody");
  const next = h("button", { type: "button", class: "button quiet", hidden: true }, "Show older builds");
  const problem = h("p", { class: "nothing", role: "status" });
  next.addEventListener("click", more);
  const end = h("div", { class: "more" }, next, problem);
  new IntersectionObserver(([entry]) => entry.isIntersecting && state.history && !state.history.problem && more(), { rootMargin: "600px" }).observe(end);
  const columns = ["Status", "Build", "Branch", "What", "Who", "Started", "Duration", "Queue"];
  const title = h("h2", { id: "builds-title" }, "Builds");
  return {
    element: [title, h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Table of builds" }, h("table", { class: "builds" }, h("thead", null, h("tr", null, columns.map((name) => h("th", { scope: "col" }, name)))), body)), end],
    update(builds) {
      list(body, builds.map((build) => ({ key: build.id, parts: [build] })), tableRow);
      next.hidden = !state.history?.next;
      next.disabled = state.history?.loading ?? false;
      problem.textContent = state.history?.problem ?? (state.history && builds.length === 0 ? "No build is kept of it." : "");
      title.textContent = state.history && !state.history.next ? `${count(builds.length)} builds` : "Builds";
    },
  };
}

function tableRow({ parts: [build] }) {
  return h("tr", { "data-href": toBuild(build.id), class: `s-${build.status}` },
    h("td", null, status(build.status)),
    h("td", { class: "n" }, h("a", { href: toBuild(build.id) }, number(build) || "build")),
    h("td", { class: "t" }, said(build.branch)),
    h("td", { class: "t wide" }, said(build.title ?? build.commit?.slice(0, 10))),
    h("td", { class: "t" }, said(build.actor)),
    h("td", { class: "n" }, when(build.started_at ?? build.queued_at)),
    h("td", { class: "n" }, took(build, duration)),
    h("td", { class: "n" }, build.queue_seconds == null ? "" : duration(build.queue_seconds)));
}

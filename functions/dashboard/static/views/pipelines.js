// The list of pipelines: the broken ones first. Its filters stand in the address.

import { sparkline } from "../charts.js";
import { fill, h, list, said } from "../dom.js";
import { bothTimes, duration, percent, plural, rateOf } from "../format.js";
import { WORDS, icon, isOpen, strip, under } from "../marks.js";
import { go, here, toBuild, toPipeline } from "../router.js";
import { isBroken, mainBranch, state } from "../state.js";
import { SENDERS, branchChip, when } from "./parts.js";
import * as tips from "../tips.js";

const SORTS = { name: "Name", last: "Last run", rate: "Success rate", slow: "Slowest" };

export function filters() {
  const search = h("input", { type: "search", placeholder: "Search", "aria-label": "Search pipelines by name, repository, branch or person", value: state.route.q, autocomplete: "off", spellcheck: "false" });
  const repo = h("select", { "aria-label": "Repository" });
  const provider = h("select", { "aria-label": "Sender" });
  const sort = h("select", { "aria-label": "Sort by" });
  const found = h("p", { class: "found", role: "status" });
  search.addEventListener("input", () => go(here({ q: search.value }), { replace: true }));
  repo.addEventListener("change", () => go(here({ repo: repo.value })));
  provider.addEventListener("change", () => go(here({ provider: provider.value }), { replace: true }));
  sort.addEventListener("change", () => go(here({ sort: sort.value }), { replace: true }));
  const options = (select, all, names, chosen) => {
    fill(select, h("option", { value: "" }, all), Object.entries(names).map(([value, label]) => h("option", { value }, label)));
    select.value = chosen ?? "";
  };
  return {
    element: h("div", { class: "filters" }, search, repo, provider, sort, found),
    update(known) {
      const all = [...state.pipelines.values()];
      const names = (key) => [...new Set([...all.map((p) => p[key]), state.route[key]].filter(Boolean))].sort();
      options(repo, "All repositories", Object.fromEntries(names("repo").map((name) => [name, name])), state.route.repo);
      options(provider, "All senders", Object.fromEntries(names("provider").map((name) => [name, SENDERS[name] ?? name])), state.route.provider);
      options(sort, "By name", Object.fromEntries(Object.entries(SORTS).slice(1)), state.route.sort);
      if (document.activeElement !== search && search.value !== state.route.q) search.value = state.route.q;
      const shown = wanted(known).length;
      found.textContent = shown === known.length ? "" : `${shown} of ${plural(known.length, "pipeline")}`;
    },
  };
}

/** What the filters let through; every word of the search must occur. */
export function wanted(known) {
  const words = state.route.q.toLowerCase().split(/\s+/).filter(Boolean);
  return known.filter((pipeline) => {
    if (state.route.provider && pipeline.provider !== state.route.provider) return false;
    if (words.length === 0) return true;
    const text = textOf(pipeline);
    return words.every((word) => text.includes(word));
  });
}

const texts = new WeakMap();

function textOf(pipeline) {
  if (!texts.has(pipeline)) {
    const { repo, name, provider, branch, last_build: last, broken_branches: broken, recent } = pipeline;
    const branches = [...broken.map((each) => each.branch), ...recent.map((each) => each.branch)];
    texts.set(pipeline, [repo, name, provider, branch, last?.actor, last?.title, ...branches].join("\n").toLowerCase());
  }
  return texts.get(pipeline);
}

const byName = (a, b) => a.repo.localeCompare(b.repo) || a.name.localeCompare(b.name) || (a.id < b.id ? -1 : 1);
const lastRun = (pipeline) => Date.parse(pipeline.recent[0]?.started_at ?? 0);
const figure = (pipeline, read, missing) => {
  const row = state.figures.get(pipeline.id);
  return (row && read(row)) ?? missing;
};
const ORDERS = {
  last: (a, b) => lastRun(b) - lastRun(a),
  rate: (a, b) => figure(a, (row) => row.success_rate, 101) - figure(b, (row) => row.success_rate, 101),
  slow: (a, b) => figure(b, (row) => row.duration.p50, -1) - figure(a, (row) => row.duration.p50, -1),
};

/** Broken ones first, the latest to break on top; the rest in the order asked for. */
export function ordered(pipelines) {
  const order = ORDERS[state.route.sort] ?? byName;
  return [...pipelines].sort((a, b) => {
    if (isBroken(a) !== isBroken(b)) return isBroken(a) ? -1 : 1;
    if (isBroken(a)) return Date.parse(b.broken_since) - Date.parse(a.broken_since) || byName(a, b);
    return order(a, b) || byName(a, b);
  });
}

export function rows() {
  const body = h("ul", { class: "rows" });
  const none = h("p", { class: "nothing", hidden: true });
  body.addEventListener("pointermove", point);
  body.addEventListener("pointerleave", tips.hide);
  body.addEventListener("click", open, { capture: true });
  const head = h("div", { class: "row head", "aria-hidden": "true" }, ["", "Pipeline", "Last 30 builds", "Success", "Duration", "Last run"].map((text) => h("span", null, text)));
  return {
    element: [head, body, none],
    update(known) {
      const shown = ordered(wanted(known));
      const { defaultOnly } = state.route;
      list(body, shown.map((p) => ({ key: p.id, parts: [p, state.figures.get(p.id), defaultOnly] })), row);
      none.hidden = shown.length > 0;
      fill(none, "No pipeline matches. ", h("a", { href: here({ q: null, repo: null, provider: null }) }, "Show all"));
    },
  };
}

const strips = (pipeline, defaultOnly) =>
  defaultOnly ? pipeline.recent.filter((build) => build.branch === mainBranch(pipeline)) : pipeline.recent;

function row({ parts: [pipeline, figures, defaultOnly] }) {
  const recent = strips(pipeline, defaultOnly);
  const broken = isBroken(pipeline);
  const passed = recent.filter((build) => build.status === "success").map((build) => build.duration_seconds);
  return h("li", { class: `row${broken ? " broken" : ""}`, "data-href": toPipeline(pipeline.id) },
    h("span", { class: "c-status" }, icon(broken && !isOpen(pipeline.status) ? "failure" : pipeline.status), h("span", { class: "sr" }, `${broken ? "Broken" : WORDS[pipeline.status] ?? ""}.`)),
    h("div", { class: "c-name" }, h("a", { href: toPipeline(pipeline.id) }, h("span", { class: "repo" }, said(pipeline.repo)), " ", h("span", { class: "name" }, said(pipeline.name))),
      broken
        ? h("span", { class: "since" }, branchChip(pipeline.branch), "broken for ", when(pipeline.broken_since, "span"), pipeline.streak ? ` · ${plural(pipeline.streak.builds, "failure")}` : null, flakyChip(figures))
        : h("span", { class: "since" }, branchChip(pipeline.branch), elsewhere(pipeline), flakyChip(figures))),
    h("div", { class: "c-strip" }, strip(recent)),
    h("span", { class: "c-rate" }, h("span", { class: "sr" }, "Success rate "), figures ? percent(rateOf(figures.builds)) : ""),
    h("span", { class: "c-time" }, sparkline([...passed].reverse()), h("span", { class: "sr" }, "Median duration "), h("span", null, figures ? duration(figures.duration.p50) : "")),
    h("span", { class: "c-last" }, lastOf(pipeline.last_build)));
}

const flakyChip = (figures) =>
  figures?.flaky.flagged && h("span", { class: "flaky", title: `${plural(figures.flaky.flaky, "commit")} both failed and passed within seven days, nothing changed between` }, "flaky");

function elsewhere(pipeline) {
  const others = pipeline.broken_branches.filter((each) => each.branch !== mainBranch(pipeline)).length;
  return others > 0 && h("span", { class: "faint" }, `${plural(others, "other branch", "other branches")} failing`);
}

function lastOf(build) {
  if (!build) return null;
  return [
    h("span", { class: "last-when" }, isOpen(build.status) ? [WORDS[build.status].toLowerCase(), " ", when(build.started_at ?? build.queued_at, "clock")] : when(build.completed_at ?? build.started_at)),
    h("span", { class: "last-what" }, build.actor ? [said(build.actor), build.title ? ": " : ""] : null, said(build.title)),
  ];
}

function pointed(event) {
  const svg = event.target.closest?.(".strip");
  const pipeline = svg && state.pipelines.get(svg.closest("[data-key]").dataset.key);
  return pipeline && strips(pipeline, state.route.defaultOnly)[under(svg, event)];
}

function point(event) {
  const build = pointed(event);
  if (!build) return event.target.closest?.("[data-tip]") || tips.hide();
  const took = build.duration_seconds == null ? "" : ` in ${duration(build.duration_seconds)}`;
  tips.show(event.target.closest(".strip"), `${WORDS[build.status]}${took} · ${build.branch}\n${bothTimes(build.started_at)}`, { x: event.clientX, y: event.target.closest(".strip").getBoundingClientRect().top + 12 });
}

function open(event) {
  const build = pointed(event);
  if (!build) return;
  event.stopPropagation();
  tips.hide();
  go(toBuild(build.id));
}

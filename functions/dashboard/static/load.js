// What a view needs is asked for here, and asked again when it may have changed.

import { ApiError, get, getAll } from "./api.js";
import { RECENT, brokenOnes, newestFirst, remember, state } from "./state.js";

const LISTED = 60; // builds of the activity
const EXPLAINED = 6; // broken pipelines whose log is shown at once
const PAGE = { "24h": 100, "7d": 100, "30d": 300, "90d": 500 }; // builds of a pipeline's history
const CALM = 1_500; // ms without news before the numbers are asked for again
const AT_MOST_EVERY = 5_000;
const SELDOM = 60_000; // the numbers of all pipelines are the longest answer

let visit = new AbortController();
let changed = () => {};
let failures = 0;
let retry = 0;
let heard = []; // live, since the pipelines were last asked for

export const start = (whenChanged) => (changed = whenChanged);

/** Another place, window or scope: what was asked for the one before is of no interest any more. */
export function enter(before) {
  visit.abort();
  visit = new AbortController();
  const now = state.route;
  if (scopeOf(before) !== scopeOf(now)) Object.assign(state, { summary: null, series: null, figures: new Map() });
  if (before?.pipeline !== now.pipeline || before?.branch !== now.branch) state.history = null;
  if (before?.pipeline !== now.pipeline || before?.window !== now.window) state.jobs = state.matters = null;
  return refresh();
}

const scopeOf = (route) => route && [route.window, route.repo, route.defaultOnly, route.pipeline, route.branch].join();

export async function refresh() {
  const { signal } = visit;
  clearTimeout(retry);
  const asked = PARTS[state.route.view].map((part) => part(signal).then(() => signal.aborted || changed()));
  const results = await Promise.allSettled(asked);
  if (signal.aborted) return;
  const failed = results.find((result) => result.status === "rejected");
  if (failed && !(failed.reason instanceof ApiError)) throw failed.reason;
  settle(failed?.reason);
  changed();
}

/** Again after a while, ever longer; what is shown stays. */
function settle(error) {
  failures = error ? failures + 1 : 0;
  state.problem = null;
  if (!error) return;
  const pause = Math.min(60_000, 1_000 * 2 ** failures) * (0.75 + Math.random() / 2);
  state.problem = { text: error.message, status: error.status, retryAt: Date.now() + pause };
  retry = setTimeout(refresh, pause);
}

let pending = 0;
let last = 0;

/** After live news: once it is calm, but not never while it is not. */
export function soon(builds) {
  heard.push(...builds);
  if (pending) return;
  const pause = Math.max(CALM, last + AT_MOST_EVERY - Date.now());
  pending = setTimeout(() => {
    pending = 0;
    last = Date.now();
    recount().catch((error) => visit.signal.aborted || settle(error));
  }, pause);
}

async function recount() {
  const { signal } = visit;
  await Promise.all(COUNTED[state.route.view].map((part) => part(signal)));
  if (!signal.aborted) changed();
}

const scope = ({ window, repo, defaultOnly }) => ({ window, repo, branch: defaultOnly ? "default" : null });

async function pipelines(signal) {
  heard = [];
  const all = await getAll("pipelines", "pipelines", { recent: RECENT, limit: 200 }, signal);
  if (signal.aborted) return;
  state.pipelines = new Map(all.map((pipeline) => [pipeline.id, pipeline]));
  if (heard.length) replay(heard);
  await explain(signal);
}

let replay = () => {};
export const onReplay = (learnAgain) => (replay = learnAgain);

async function builds(signal) {
  const { builds: newest } = await get("builds", { limit: LISTED, repo: state.route.repo }, signal);
  newest.forEach(remember);
}

/** What happened between the first answers and the open socket. */
export async function catchUp() {
  const { builds: newest } = await get("builds", { limit: LISTED }, visit.signal);
  replay(newest);
}

/** Why the first few are broken: their last failing build, with its log. */
export async function explain(signal = visit.signal) {
  const shown = brokenOnes([...state.pipelines.values()]).slice(0, EXPLAINED);
  const ids = shown.map((pipeline) => pipeline.streak?.last_build).filter(Boolean);
  await Promise.all(ids.filter((id) => !fresh(id)).map((id) => detail(id, signal)));
}

const fresh = (id) => state.details.has(id) && !state.details.get(id)?.stale;

/** null stands for a build that is not there any more. */
async function detail(id, signal) {
  try {
    state.details.set(id, await get(`builds/${encodeURIComponent(id)}`, {}, signal));
  } catch (error) {
    if (error.status !== 404) throw error;
    state.details.set(id, null);
  }
  changed();
}

async function summary(signal) {
  state.summary = await get("metrics/summary", scope(state.route), signal);
}

async function series(signal) {
  const bucket = state.route.window === "24h" || state.route.window === "7d" ? "hour" : "day";
  state.series = await get("metrics/timeseries", { ...scope(state.route), bucket }, signal);
}

let figuresAt = 0;
let figuresDue = 0;

/** After live news: now, or once a minute has passed since the last time. */
async function figuresSeldom(signal) {
  const known = [...state.pipelines.keys()].every((id) => state.figures.has(id));
  const wait = figuresAt + (known ? SELDOM : AT_MOST_EVERY) - Date.now();
  if (wait <= 0) return figures(signal);
  clearTimeout(figuresDue);
  figuresDue = setTimeout(() => signal.aborted || figures(signal).then(changed).catch((error) => signal.aborted || settle(error)), wait);
}

async function figures(signal) {
  figuresAt = Date.now();
  const all = await getAll("metrics/pipelines", "pipelines", { ...scope(state.route), limit: 1000 }, signal);
  state.figures = new Map(all.map((row) => [row.id, row]));
}

const one = ({ window, pipeline, branch, defaultOnly }) => ({ window, pipeline, branch: branch ?? (defaultOnly ? "default" : null) });

async function summaryOfOne(signal) {
  state.summary = await get("metrics/summary", one(state.route), signal);
}

/** Whether it is flaky, slower, silent or stuck. */
async function matters(signal) {
  const { pipeline, window } = state.route;
  try {
    state.matters = await get(`pipelines/${encodeURIComponent(pipeline)}`, { window }, signal);
  } catch (error) {
    if (error.status !== 404) throw error;
  }
}

/** GitHub alone tells of jobs. */
async function jobs(signal) {
  const { pipeline, window } = state.route;
  if (/^github\.\d+\.\d+$/.test(pipeline)) state.jobs = await get("metrics/jobs", { pipeline, window }, signal);
}

async function history(signal) {
  const { pipeline, branch } = state.route;
  const page = await get("builds", { pipeline, branch, limit: PAGE[state.route.window] }, signal);
  const older = state.history?.builds.filter((build) => !page.builds.some((each) => each.id === build.id)) ?? [];
  state.history = { builds: [...page.builds, ...older].sort(newestFirst), next: state.history?.next ?? page.next, first: page.next };
}

/** Further back. */
export async function more() {
  const { signal } = visit;
  const at = state.history;
  if (!at?.next || at.loading) return;
  state.history = { ...at, loading: true };
  const { pipeline, branch } = state.route;
  try {
    const page = await get("builds", { pipeline, branch, limit: 100, cursor: at.next }, signal);
    const builds = new Map([...state.history.builds, ...page.builds].map((build) => [build.id, build]));
    state.history = { builds: [...builds.values()].sort(newestFirst), next: page.next };
  } catch (error) {
    if (signal.aborted) return;
    state.history = { ...state.history, loading: false, problem: error.message };
  }
  changed();
}

const theBuild = (signal) => detail(state.route.build, signal);

const PARTS = {
  overview: [pipelines, summary, series, builds, figures],
  tv: [pipelines, summary, builds],
  pipeline: [pipelines, summaryOfOne, history, jobs, matters],
  build: [theBuild, pipelines],
};
const COUNTED = {
  overview: [summary, series, figuresSeldom, explain],
  tv: [summary, explain],
  pipeline: [summaryOfOne, jobs, matters],
  build: [(signal) => (fresh(state.route.build) ? Promise.resolve() : theBuild(signal))],
};

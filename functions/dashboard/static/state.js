// What is known. Objects in here are replaced, never changed: whoever draws sees by identity what is new.

export const RECENT = 30;
const KEPT = 150; // builds beside the pipelines' own

export const state = {
  route: null,
  config: null,
  live: "connecting", // connecting, open, waiting
  retryAt: null,
  problem: null, // { text, retryAt }
  pipelines: null, // Map by id
  builds: new Map(), // newest of everything, by id
  summary: null,
  series: null,
  figures: new Map(), // by pipeline
  details: new Map(), // builds with their logs, by id
  history: null, // of the pipeline that is looked at
  jobs: null, // its jobs' numbers
  matters: null, // what is the matter with it
};

const time = (build) => Date.parse(build.started_at ?? build.queued_at ?? build.completed_at ?? build.created_at) || 0;
export const newestFirst = (a, b) => time(b) - time(a) || (a.id < b.id ? 1 : -1);
export const startOf = time;

/** The branch that a pipeline stands for. */
export const mainBranch = (pipeline) => pipeline.branch ?? pipeline.default_branch;
export const isBroken = (pipeline) => pipeline.broken_since != null;

export const brokenOnes = (pipelines) =>
  pipelines.filter(isBroken).sort((a, b) => Date.parse(b.broken_since) - Date.parse(a.broken_since));

const updated = (build) => Date.parse(build.updated_at) || 0;

/** The API may list a build before it is counted: then it is known, but not yet what it changed. */
const isNews = (build) => {
  const known = state.builds.get(build.id);
  if (!known || updated(known) < updated(build)) return true;
  return updated(known) === updated(build) && (known.status !== build.status || (build.change && !known.change));
};

/** Takes in what was told; the builds that were news. `again`: the pipelines may not know them any more. */
export function learn(builds, { again = false } = {}) {
  const news = again ? builds.map(asKnown) : builds.filter(isNews);
  if (news.length === 0) return news;
  const pipelines = new Map(state.pipelines ?? []);
  for (const build of news) {
    remember(build);
    pipelines.set(build.pipeline_id, withBuild(pipelines.get(build.pipeline_id) ?? unknown(build), build));
  }
  state.pipelines = pipelines;
  forgetOldest();
  return news;
}

/** Only messages tell what a build changed, so that outlives an answer of the API. */
const withChange = (build, other) => ("change" in build || !other || !("change" in other) ? build : { ...build, change: other.change });

const asKnown = (build) => withChange(state.builds.get(build.id) ?? build, build);

export function remember(build) {
  state.builds.set(build.id, withChange(build, state.builds.get(build.id)));
  const detailed = state.details.get(build.id);
  if (detailed) state.details.set(build.id, { ...detailed, ...build, stale: true });
}

function forgetOldest() {
  if (state.builds.size <= 2 * KEPT) return;
  const kept = [...state.builds.values()].sort(newestFirst).slice(0, KEPT);
  state.builds = new Map(kept.map((build) => [build.id, build]));
}

function unknown(build) {
  return {
    id: build.pipeline_id,
    provider: build.provider,
    repo: build.repo,
    name: build.pipeline,
    default_branch: null,
    branch: build.branch,
    status: build.status,
    streak: null,
    broken_since: null,
    broken_branches: [],
    last_build: null,
    recent: [],
  };
}

/** The pipeline as it is after this build; the API has the last word when it is asked next. */
function withBuild(pipeline, build) {
  const seen = { id: build.id, branch: build.branch, status: build.status, started_at: build.started_at ?? build.queued_at, duration_seconds: build.duration_seconds };
  const others = pipeline.recent.filter((each) => each.id !== build.id);
  const recent = [...others, seen].sort(newestFirst).slice(0, RECENT);
  const last = pipeline.last_build;
  const leads = !last || last.id === build.id || newestFirst(build, last) < 0;
  const next = { ...pipeline, recent, last_build: leads ? build : last };
  if (build.branch !== mainBranch(pipeline)) return next;
  const newest = recent.find((each) => each.branch === build.branch);
  return { ...next, status: newest?.status ?? build.status, ...streakAfter(pipeline, build) };
}

function streakAfter({ streak, broken_since }, build) {
  const conclusive = build.status === "success" || build.status === "failure";
  if (!conclusive || streak?.last_build === build.id) return {};
  const begins = { status: build.status, builds: 1, since: build.completed_at, first_build: build.id, last_build: build.id };
  const goesOn = streak && { ...streak, builds: streak.builds + 1, last_build: build.id };
  switch (build.change) {
    case "broken":
      return { broken_since: build.completed_at, streak: begins };
    case "fixed":
      return { broken_since: null, streak: begins };
    case "still_failing":
      return { broken_since: broken_since ?? build.completed_at, streak: goesOn ?? begins };
    default: // nothing changed, or a late build: only what surely goes on is counted on
      return build.status === "success" && streak?.status === "success" ? { streak: goesOn } : {};
  }
}

// The jobs of a GitHub build, and how a pipeline's jobs do.

import { fill, h, outside, said } from "../dom.js";
import { count, duration, percent } from "../format.js";
import { icon, status } from "../marks.js";
import { took } from "./parts.js";

const linked = (name, url) => outside(url, null, said(name)) ?? said(name);

/** Of one build, in a table: the failing ones first. */
export function jobsOf(build) {
  const jobs = build.jobs ?? [];
  if (jobs.length === 0) return [];
  const failedFirst = [...jobs].sort((a, b) => (b.status === "failure") - (a.status === "failure"));
  return [h("h2", { id: "jobs-title" }, "Jobs"), table("Jobs of this build", ["Status", "Job", "Failed at", "Duration", "Waited"], failedFirst.map(jobRow))];
}

function jobRow(job) {
  const step = job.failing_step;
  return h("tr", { class: `s-${job.status}` },
    h("td", null, status(job.status)),
    h("td", { class: "t wide" }, linked(job.name, job.url)),
    h("td", { class: "t wide" }, step && [h("span", { class: "faint" }, `step ${step.number} `), linked(step.name, step.url)]),
    h("td", { class: "n" }, took(job, duration)),
    h("td", { class: "n" }, job.queue_seconds == null ? "" : duration(job.queue_seconds)));
}

/** Of a pipeline, those that fail most first; hidden where nobody tells of jobs. */
export function jobsPart() {
  const body = h("div");
  const note = h("p", { class: "faint" });
  const element = h("section", { class: "panel", "aria-labelledby": "jobs-title", hidden: true }, h("div", { class: "panel-head" }, h("h2", { id: "jobs-title" }, "Jobs"), note), body);
  return {
    element,
    update(answer) {
      const jobs = answer?.jobs ?? [];
      element.hidden = jobs.length === 0;
      note.textContent = answer && answer.all_jobs > jobs.length ? `the ${count(jobs.length)} that fail most of ${count(answer.all_jobs)}` : "";
      fill(body, table("How the jobs do", ["", "Job", "Failed", "Mostly at", "p50", "p95", "Waits, p95"], jobs.map(figuresRow)));
    },
  };
}

function figuresRow(job) {
  const conclusive = job.counts.success + job.counts.failure;
  const [worst] = job.failing_steps;
  return h("tr", null,
    h("td", null, icon(job.counts.failure ? "failure" : conclusive ? "success" : "skipped")),
    h("td", { class: "t wide" }, said(job.name)),
    h("td", { class: "n" }, conclusive ? `${count(job.counts.failure)} of ${count(conclusive)} (${percent(job.failure_rate)})` : "–"),
    h("td", { class: "t wide" }, worst && [said(worst.name), h("span", { class: "faint" }, ` ${count(worst.failures)}×`)]),
    h("td", { class: "n" }, duration(job.duration.p50)),
    h("td", { class: "n" }, duration(job.duration.p95)),
    h("td", { class: "n" }, duration(job.queue.p95)));
}

const table = (label, columns, rows) =>
  h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label }, h("table", { class: "builds" }, h("thead", null, h("tr", null, columns.map((name) => (name ? h("th", { scope: "col" }, name) : h("td"))))), h("tbody", null, rows)));

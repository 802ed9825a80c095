// What several views show.

import { h, outside, said } from "../dom.js";
import { ago, bothTimes, clock, span } from "../format.js";
import { icon, isOpen } from "../marks.js";
import { toBuild } from "../router.js";

/** A time that ticks: `kind` is how it reads (ago, span, clock); both clocks on hover. */
export function when(iso, kind = "ago") {
  if (!iso) return h("span", { class: "faint" }, "–");
  return h("time", { datetime: iso, "data-tick": kind, "data-tip": bothTimes(iso) }, reads(kind, Date.parse(iso), Date.now()));
}

const reads = (kind, instant, now) => {
  if (kind === "span") return span(Math.max(0, now - instant));
  return kind === "clock" ? clock((now - instant) / 1000) : ago(instant, now);
};

export function tick(root = document) {
  const now = Date.now();
  for (const time of root.querySelectorAll("time[data-tick]")) {
    const text = reads(time.dataset.tick, Date.parse(time.dateTime), now);
    if (time.textContent !== text) time.textContent = text;
  }
}

/** How long a build took, or its running clock. */
export function took(build, format) {
  if (isOpen(build.status)) {
    const since = build.status === "queued" ? build.queued_at ?? build.created_at : build.started_at;
    return since ? when(since, "clock") : h("span", { class: "faint" }, "–");
  }
  return h("span", null, format(build.duration_seconds));
}

export const number = (build) =>
  build.number == null ? "" : `#${build.number}${build.attempt > 1 ? ` (attempt ${build.attempt})` : ""}`;

export const branchChip = (name) => h("span", { class: "branch" }, h("span", { class: "sr" }, "branch "), said(name));

export const SENDERS = { circleci: "CircleCI", github: "GitHub", gitlab: "GitLab", jenkins: "Jenkins", flat: "webhook" };
export const senderOf = (build) => {
  if (/^https:\/\/github\.com\//.test(build.url ?? "")) return "GitHub";
  return ["circleci", "gitlab", "jenkins"].includes(build.provider) ? SENDERS[build.provider] : "the sender";
};

/** `short` where there is little room; it is named in full all the same. */
export const atSender = (build, { short = false, ...attributes } = {}) =>
  outside(build.url, { class: "button", ...attributes }, h("span", { class: short ? "sr" : null }, "Open at "), short ? capital(senderOf(build)) : senderOf(build), h("span", { "aria-hidden": "true" }, " ↗"));

const capital = (text) => text.replace(/^the s/, "S");

/** The job that failed first, with its step; undefined where nobody tells of any. */
export const failedJob = (build) => (build.jobs ?? []).filter((job) => job.status === "failure").sort((a, b) => Date.parse(a.completed_at) - Date.parse(b.completed_at))[0];

/** Where it failed, in words. */
export function failure(job) {
  const step = job.failing_step;
  const where = outside(job.url, null, said(job.name)) ?? said(job.name);
  return step ? ["Failed at ", h("b", null, said(step.name)), ` (step ${step.number}) of `, where] : ["Failed in ", h("b", null, where), ", at no step"];
}

/** What is there instead of a log. */
export function noLog(build) {
  const job = failedJob(build);
  if (job) return h("p", { class: "log none" }, failure(job), ".");
  const who = senderOf(build) === "GitHub" ? "GitHub sends no log with a run" : "The sender gave no log";
  return h("p", { class: "log none" }, who, build.conclusion && ["; it ended with ", h("b", null, said(build.conclusion))], ".");
}

export const titleOf = (build) => build.title ?? (build.commit ? `commit ${build.commit.slice(0, 10)}` : "a build");

/** Of a log, the lines around the last one that says what went wrong. */
export function excerpt(logs, most) {
  const lines = clean(logs).split("\n");
  const wrong = lines.findLastIndex((line) => /error|fail|exception|fatal|panic|assert|cannot|denied|timed? ?out/i.test(line) && !/^finished:/i.test(line));
  const end = wrong < 0 ? lines.length : Math.min(lines.length, Math.max(most, wrong + 2));
  return lines.slice(Math.max(0, end - most), end);
}

// A terminal's colours, and what it would overwrite.
// eslint-disable-next-line no-control-regex
export const clean = (logs) => logs.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "").replace(/\r(?!\n)/g, "\n").replace(/[\u0000-\u0008\u000b-\u001f]/g, "").trimEnd();

export const isWrong = (line) => /\b(error|fail(ed|ure|ing)?|exception|fatal|panic|assert\w*)\b/i.test(line);

export const log = (lines, attributes) =>
  h("pre", { class: "log", dir: "ltr", ...attributes }, h("code", null, lines.map((line, i) => [i > 0 && "\n", isWrong(line) ? h("mark", null, line) : line])));

/** One line of a list of builds, wherever it happened. */
export function buildLine(build) {
  return h("li", { class: `line s-${build.status}`, "data-href": toBuild(build.id) },
    icon(build.status),
    h("div", { class: "what" },
      h("a", { href: toBuild(build.id) }, h("b", null, said(build.pipeline)), " ", said(build.branch)),
      h("span", { class: "why" }, said(build.repo), build.title ? [" · ", said(build.title)] : null)),
    h("div", { class: "when" }, isOpen(build.status) ? took(build) : when(build.completed_at ?? build.started_at)));
}

export function crumbs(...parts) {
  return h("nav", { class: "crumbs", "aria-label": "Where you are" }, h("ol", null, parts.map((part) => h("li", null, part))));
}

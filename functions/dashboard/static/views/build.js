// One build: everything that is known of it.

import { fill, h, said } from "../dom.js";
import { bothTimes, duration } from "../format.js";
import { WORDS, icon, isOpen } from "../marks.js";
import { toOverview, toPipeline } from "../router.js";
import { state } from "../state.js";
import { jobsOf } from "./jobs.js";
import { atSender, branchChip, clean, crumbs, failedJob, failure, log, number, senderOf, took, when } from "./parts.js";

export function mount(root) {
  const head = h("div", { class: "page-head" });
  const facts = h("dl", { class: "facts" });
  const logs = h("div", { class: "log-part" });
  const jobs = h("section", { class: "panel jobs", "aria-labelledby": "jobs-title" });
  root.append(head, h("div", { class: "columns wide-left" }, h("div", { class: "stack" }, jobs, h("section", { class: "panel", "aria-label": "Log" }, logs)), h("section", { class: "panel", "aria-labelledby": "facts-title" }, h("h2", { id: "facts-title" }, "Everything known"), facts)));
  return () => {
    const build = state.details.get(state.route.build);
    fill(head, ...headOf(build));
    fill(facts, ...(build ? factsOf(build) : []));
    fill(logs, ...(build ? logOf(build) : []));
    fill(jobs, ...(build ? jobsOf(build) : []));
    jobs.hidden = !build?.jobs?.length;
  };
}

function headOf(build) {
  const all = h("a", { href: toOverview() }, "All pipelines");
  if (!build) return [crumbs(all), h("h1", { class: "headline" }, build === null ? "There is no such build" : "…"), build === null && h("p", null, "It may be older than builds are kept, or the link is cut off.")].filter(Boolean);
  return [
    crumbs(all, h("a", { href: toPipeline(build.pipeline_id) }, said(build.repo), " ", said(build.pipeline))),
    h("h1", { class: "headline" }, icon(build.status, "big"), h("span", null, said(build.title ?? `${build.pipeline} ${number(build)}`))),
    h("p", { class: "stands" }, branchChip(build.branch), WORDS[build.status], isOpen(build.status) ? [" for ", took(build, duration)] : [" in ", duration(build.duration_seconds), " · ", when(build.completed_at)], build.actor && [" · ", said(build.actor)]),
    h("p", { class: "actions" }, atSender(build, { class: "button primary" })),
  ];
}

function logOf(build) {
  const copy = h("button", { type: "button", class: "button quiet", "data-copy": "" }, "Copy");
  if (build.logs) return [h("div", { class: "panel-head" }, h("h2", null, "End of the log"), copy), log(clean(build.logs).split("\n"), { tabindex: 0, role: "region", "aria-label": "End of the log" })];
  const job = failedJob(build);
  if (job) return [h("h2", null, "Where it failed"), h("p", { class: "nothing" }, failure(job), ". GitHub does not send logs; the links lead to them.")];
  return [h("h2", null, "Log"), h("p", { class: "nothing" }, isOpen(build.status) ? "There is no log yet." : `${senderOf(build) === "GitHub" ? "GitHub does not send logs" : "The sender gave no log"}${build.conclusion ? `; its own word for how this ended is “${build.conclusion}”` : ""}. ${build.url ? "The link above leads to it." : ""}`)];
}

const exact = (iso) => iso && h("time", { datetime: iso }, ...bothTimes(iso).split("\n").map((text, i) => h("span", { class: i ? "faint" : null }, text)));

function factsOf(build) {
  const facts = {
    Status: [WORDS[build.status], build.conclusion && [" (", said(build.conclusion), ")"]],
    Pipeline: h("a", { href: toPipeline(build.pipeline_id) }, said(build.pipeline)),
    Repository: said(build.repo),
    Branch: said(build.branch),
    Commit: build.commit && h("code", null, said(build.commit)),
    Number: number(build),
    Attempt: String(build.attempt),
    "Set off by": build.actor && [said(build.actor), build.event && [" (", said(build.event), ")"]],
    Queued: exact(build.queued_at),
    Started: exact(build.started_at),
    Completed: exact(build.completed_at),
    Duration: build.duration_seconds != null && duration(build.duration_seconds),
    "Waited before": build.queue_seconds != null && duration(build.queue_seconds),
    Sender: said(build.provider),
    "First heard of": exact(build.created_at),
    "Last heard of": exact(build.updated_at),
    Id: h("code", null, build.id),
  };
  return Object.entries(facts).filter(([, value]) => value).map(([name, value]) => h("div", null, h("dt", null, name), h("dd", null, value)));
}

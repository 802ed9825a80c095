// Before the first build: what to do, ready to copy.

import { h } from "../dom.js";
import { state } from "../state.js";

const curl = (origin) => `curl -X POST '${origin}/ingest/github' -H 'Content-Type: application/json' -d '{
  "pipeline": "CI", "repo": "acme/app", "branch": "main", "status": "success",
  "started_at": "${new Date(Date.now() - 60_000).toISOString().slice(0, 19)}Z", "duration_seconds": 42,
  "url": "https://ci.example.com/1"}'`;

const toCopy = (label, text) => h("div", { class: "to-copy" }, h("pre", { tabindex: 0, role: "region", "aria-label": label }, h("code", null, text)), h("button", { type: "button", class: "button", "data-copy": "" }, "Copy"));

export function mount(root) {
  const base = new URL("./", location.href).href.replace(/\/$/, "");
  const here = /^(localhost|127\.|\[::1\])/.test(location.hostname);
  const secret = h("p", { hidden: true }, "This stack asks who sends: give the webhook secret as GitHub's “Secret” and GitLab's “Secret token”; Jenkins and curl append ", h("code", null, "?token=<secret>"), " to the address.");
  root.append(
    h("section", { class: "empty" },
      h("h1", { class: "headline" }, "No build yet"),
      h("p", { class: "lead" }, "Point a webhook here. The first build appears on this page the moment it is sent, without a reload."),
      secret,
      h("ol", { class: "steps" },
        h("li", null, h("h2", null, "GitHub"), h("p", null, "Repository → Settings → Webhooks → Add webhook, content type application/json, event “Workflow runs”, payload URL:"), toCopy("Webhook URL for GitHub", `${base}/ingest/github`)),
        h("li", null, h("h2", null, "GitLab"), h("p", null, "Project or group → Settings → Webhooks → Add new webhook, trigger “Pipeline events”, URL:"), toCopy("Webhook URL for GitLab", `${base}/ingest/gitlab`)),
        h("li", null, h("h2", null, "Jenkins"), h("p", null, "Notification plugin: format JSON, event “All Events”, URL:"), toCopy("Webhook URL for Jenkins", `${base}/ingest/jenkins`)),
        h("li", null, h("h2", null, "Or try it now"), h("p", null, "From any shell:"), toCopy("A curl line", curl(base)), here && h("p", null, "Or some weeks of an invented team: ", h("code", null, `make demo PORT=${location.port || 80}`)))),
      h("p", null, "Every route is described in ", h("a", { href: "docs" }, "the documentation"), ".")),
  );
  return () => (secret.hidden = !state.config?.auth);
}

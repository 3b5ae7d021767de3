"use strict";
// Shows what the REST API answers. Data becomes text nodes and attributes, never markup.

const view = document.getElementById("view");
const enc = encodeURIComponent;
let shown = 0; // Counts navigations, so that a late answer does not overwrite a later page.

function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name === "onclick") node.addEventListener("click", value);
    else node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

const link = (hash, text) => el("a", { href: "#/" + hash }, text);
const soft = (text) => el("span", { class: "soft" }, text);
const mono = (text) => el("span", { class: "mono" }, text);
const badge = (word) => el("span", { class: "badge " + word.replace(/\W/g, "") }, word);
const time = (ms) => (ms ? new Date(ms).toLocaleString() : "");
const number = (value) =>
  el("span", { class: "number" }, typeof value === "number" ? String(+value.toPrecision(6)) : String(value));

function span(from, to) {
  if (!from || !to) return "";
  const seconds = (to - from) / 1000;
  if (seconds < 60) return seconds.toFixed(1) + " s";
  return seconds < 5400 ? (seconds / 60).toFixed(1) + " min" : (seconds / 3600).toFixed(1) + " h";
}

function table(heads, rows, empty) {
  if (!rows.length) return el("p", { class: "soft" }, empty ?? "Nothing yet.");
  const cells = (tag, row) => el("tr", null, row.map((cell) => el(tag, null, cell)));
  return el("div", { class: "wide" },
    el("table", null,
      el("thead", null, cells("th", heads)),
      el("tbody", null, rows.map((row) => cells("td", row)))));
}

async function api(path, query, body) {
  const params = new URLSearchParams(query ?? {});
  const url = "ajax-api/2.0/mlflow/" + path + (query ? "?" + params : "");
  return json(await fetch(url, body && {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  }));
}

async function json(response) {
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.message ?? response.status + " " + response.statusText);
  return answer;
}

// A list that grows page by page: `load(token)` gives an answer, `show(items)` a node.
async function pages(name, load, show) {
  const items = [];
  const box = el("div");
  const more = async (token) => {
    const answer = await load(token ? { page_token: token } : {});
    items.push(...(answer[name] ?? []));
    const next = answer.next_page_token;
    const go = (event) => { event.target.disabled = true; more(next).catch((error) => box.append(failure(error))); };
    box.replaceChildren(show(items), next ? el("button", { onclick: go }, "More") : "");
  };
  await more();
  return box;
}

async function experiments() {
  const load = (page) => api("experiments/search", { max_results: 200, ...page });
  const row = (it) => [link("experiments/" + it.experiment_id, it.name), soft(it.experiment_id), time(it.last_update_time), mono(it.artifact_location)];
  return [
    el("h1", null, "Experiments"),
    await pages("experiments", load, (all) => table(["Name", "Id", "Last changed", "Artifacts"], all.map(row))),
  ];
}

// The keys that most runs have.
function columns(runs, kind) {
  const count = new Map();
  for (const run of runs) for (const { key } of run.data[kind] ?? []) count.set(key, (count.get(key) ?? 0) + 1);
  return [...count.keys()].sort((a, b) => count.get(b) - count.get(a) || (a < b ? -1 : 1)).slice(0, 5);
}

async function experiment(id) {
  const { experiment } = await api("experiments/get", { experiment_id: id });
  const load = (page) => api("runs/search", null,
    { experiment_ids: [id], max_results: 100, order_by: ["attributes.start_time DESC"], ...page });
  const show = (runs) => {
    const [metrics, params] = [columns(runs, "metrics"), columns(runs, "params")];
    const value = (run, kind, key) => (run.data[kind] ?? []).find((it) => it.key === key)?.value;
    const row = (run) => [
      link(`experiments/${id}/runs/${run.info.run_id}`, run.info.run_name || run.info.run_id),
      badge(run.info.status), time(run.info.start_time), span(run.info.start_time, run.info.end_time),
      ...metrics.map((key) => number(value(run, "metrics", key) ?? "")),
      ...params.map((key) => value(run, "params", key)),
    ];
    return table(["Run", "Status", "Started", "Took", ...metrics, ...params], runs.map(row), "No runs yet.");
  };
  return [
    el("h1", null, experiment.name), soft("Experiment " + id + " "),
    experiment.lifecycle_stage === "deleted" ? badge("deleted") : null,
    await pages("runs", load, show),
  ];
}

async function folder(runId, path) {
  const { files = [] } = await api("artifacts/list", { run_id: runId, path });
  if (!files.length) return soft("No files.");
  return el("ul", null, files.map((file) => {
    const name = file.path.split("/").pop();
    if (!file.is_dir) {
      const href = `get-artifact?run_uuid=${enc(runId)}&path=${enc(file.path)}`;
      return el("li", null, el("a", { href }, name), soft(` ${file.file_size} bytes`));
    }
    const open = async (event) => {
      event.target.disabled = true;
      event.target.after(await folder(runId, file.path).catch(failure));
    };
    return el("li", null, el("button", { onclick: open }, name + "/"));
  }));
}

async function run(experimentId, id) {
  const { info, data } = (await api("runs/get", { run_id: id })).run;
  const pairs = (list) => table(["Key", "Value"], (list ?? []).map((it) => [it.key, it.value]), "None.");
  const metrics = (data.metrics ?? []).map((it) => [it.key, number(it.value), it.step, time(it.timestamp)]);
  return [
    el("h1", null, info.run_name || id), badge(info.status),
    info.lifecycle_stage === "deleted" ? badge("deleted") : null,
    link("experiments/" + info.experiment_id, "Experiment " + info.experiment_id), " ", mono(id),
    el("p", { class: "soft" }, [time(info.start_time), span(info.start_time, info.end_time), info.user_id].filter(Boolean).join(" · ")),
    el("h2", null, "Metrics"), table(["Key", "Latest", "Step", "Time"], metrics, "None."),
    el("h2", null, "Parameters"), pairs(data.params),
    el("h2", null, "Tags"), pairs(data.tags),
    el("h2", null, "Artifacts"), await folder(id, "").catch(failure),
  ];
}

async function models() {
  const load = (page) => api("registered-models/search", { max_results: 200, ...page });
  const row = (it) => [link("models/" + enc(it.name), it.name),
    (it.latest_versions ?? []).flatMap((version) => [badge(version.current_stage), soft(`v${version.version} `)]),
    it.description, time(it.last_updated_timestamp)];
  return [
    el("h1", null, "Registered models"),
    await pages("registered_models", load, (all) => table(["Name", "Latest by stage", "Description", "Last changed"], all.map(row))),
  ];
}

async function model(name) {
  const quoted = name.includes("'") ? `"${name}"` : `'${name}'`;
  const past = await json(await fetch(`api/runlog/1/models/${enc(name)}/history`));
  const it = past.deleted ? {} : (await api("registered-models/get", { name })).registered_model;
  const load = (page) => api("model-versions/search",
    { filter: "name=" + quoted, max_results: 200, order_by: "version_number DESC", ...page });
  const row = (version) => ["v" + version.version, badge(version.current_stage), time(version.creation_timestamp),
    version.run_id ? link("experiments/0/runs/" + version.run_id, version.run_id.slice(0, 8)) : "",
    version.description, mono(version.source ?? "")];
  const moves = [...past.history].reverse().map((move) => [
    time(move.changed_at), "v" + move.version, [badge(move.from), "→ ", badge(move.to)], move.actor,
    [move.comment ?? "", move.displaced_by ? soft(`made room for v${move.displaced_by}`) : ""], soft(move.seq),
  ]);
  return [
    el("h1", null, name), past.deleted ? badge("deleted") : null, it.description ? el("p", null, it.description) : null,
    (it.aliases ?? []).map((alias) => badge(`@${alias.alias} = v${alias.version}`)),
    el("h2", null, "Versions"),
    await pages("model_versions", load, (all) => table(["Version", "Stage", "Created", "Run", "Description", "Source"], all.map(row))),
    el("h2", null, "Stage history"),
    table(["When", "Version", "Stage", "Who", "Why", "Event"], moves, "No version has changed its stage."),
  ];
}

function failure(error) {
  return el("p", { class: "error" }, String(error.message ?? error));
}

const routes = [
  [/^(experiments)?$/, experiments],
  [/^experiments\/([^/]+)\/runs\/([^/]+)/, run],
  [/^experiments\/([^/]+)/, experiment],
  [/^models$/, models],
  [/^models\/([^/]+)/, model],
];

async function show() {
  const mine = ++shown;
  const path = location.hash.replace(/^#?\/?/, "").split("?")[0].replace(/\/$/, "");
  let nodes = [el("p", { class: "error" }, "There is no such page.")];
  try {
    for (const [pattern, page] of routes) {
      const found = path.match(pattern);
      if (found) { nodes = await page(...found.slice(1).map((part) => part && decodeURIComponent(part))); break; }
    }
  } catch (error) {
    nodes = [failure(error)];
  }
  if (mine === shown) view.replaceChildren(...nodes.flat(2).filter((node) => node !== null && node !== undefined));
}

addEventListener("hashchange", show);
show();

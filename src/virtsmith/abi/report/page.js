"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const IMPACTS = {
  "break": ["✕", "breaks migration", "Migration or restore fails."],
  "guest-visible": ["●", "guest-visible", "A running guest may see it change after a migration."],
  "reboot-visible": ["○", "visible after reboot", "Firmware tables: the guest sees it when it next starts."],
  "unjudged": ["?", "not judged", "Facts that one of the two does not report, or a QEMU that crashed. Never counted as equal."],
  "representation": ["~", "representation", "The same thing in another representation."],
  "one-sided": ["⊂", "only on one side", "Only one of the two QEMUs reports this."],
  "noise": ["·", "noise", "Not seen by a guest, for a reason that the rule gives."],
};
const ORDER = Object.keys(IMPACTS);
const versions = data.binaries.filter((binary) => binary.compared);
const byKey = new Map(data.binaries.map((binary) => [binary.key, binary]));
const texts = data.differences.map((difference) => [difference.section, ...difference.path, difference.rule, difference.old, difference.new].join("/").toLowerCase());
/* What a machine was compared with: devices and accelerator; empty for what QEMUs say of themselves. */
const setupOf = (comparison) => comparison.devices ? `${comparison.devices} · ${comparison.accel}` : "";
const comparisons = new Map(data.comparisons.map((comparison) => [[setupOf(comparison), comparison.machine, comparison.a, comparison.b].join(" "), comparison]));
const at = (id) => document.getElementById(id);
const state = {shown: new Set(["break", "guest-visible", "reboot-visible", "unjudged"]), opened: null};

function make(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in node && name !== "role") node[name] = value; else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

function fill(select, pairs) {
  select.replaceChildren(...pairs.map(([value, text]) => make("option", {value}, text)));
}

/* Versions may need more than their number to be distinguished: the same upstream version, packaged twice. */
function label(key) {
  const binary = byKey.get(key);
  const same = data.binaries.filter((other) => other.version === binary.version);
  return same.length > 1 ? `${binary.version} (${binary.source === "live" ? binary.sha256.slice(0, 6) : "recorded"})` : binary.version;
}

function offers(machine, key) {
  return data.comparisons.some((comparison) => comparison.machine === machine && (comparison.a === key || comparison.b === key));
}
const offered = new Map(data.machines.map((machine) => [machine, new Set(versions.map((v) => v.key).filter((key) => offers(machine, key)))]));

function reference(machine, key) {
  if (at("from").value !== "previous") return at("from").value === key ? null : at("from").value;
  const place = versions.findIndex((version) => version.key === key);
  for (let n = place - 1; n >= 0; n--) if (offered.get(machine).has(versions[n].key)) return versions[n].key;
  return null;
}

function find(machine, key) {
  const from = reference(machine, key);
  const get = (setup) => comparisons.get([setup, machine, from, key].join(" "));
  return from && (get(at("devices").value) || get(""));
}

function failedLoads(comparison) {
  return comparison.loads.filter((load) => ["failed", "died"].includes(load.result) && load.saved_by === comparison.a);
}

/* What of a comparison passes the filters. */
function visible(comparison, term) {
  const section = at("section").value;
  const differences = comparison.differences.filter((number) => {
    const difference = data.differences[number];
    return !difference.allowed && state.shown.has(difference.impact) && (!section || difference.section === section) && (!term || texts[number].includes(term));
  });
  const unjudged = state.shown.has("unjudged") ? Object.keys(comparison.unjudged).filter((name) => (!section || section === name) && (!term || name.includes(term))) : [];
  const failed = state.shown.has("break") && !section && !term ? failedLoads(comparison) : [];
  return {differences, unjudged, failed};
}

function worst(seen) {
  if (seen.failed.length) return "break";
  const found = new Set(seen.differences.map((number) => data.differences[number].impact));
  if (seen.unjudged.length) found.add("unjudged");
  return ORDER.find((impact) => found.has(impact));
}

function cell(machine, version, term) {
  if (!offered.get(machine).has(version.key)) return {node: make("td", {className: "none", title: "this version does not offer it"}, "–"), count: 0};
  const comparison = find(machine, version.key);
  if (!comparison) return {node: make("td", {className: "none", title: "nothing to compare it with"}, "first"), count: 0};
  const seen = visible(comparison, term);
  const impact = worst(seen);
  const many = seen.differences.length + seen.unjudged.length;
  const allowed = comparison.differences.filter((number) => data.differences[number].allowed).length;
  const aside = allowed ? `, ${allowed} allowed` : "";
  const text = (impact ? `${IMPACTS[impact][0]} ${many || "load"}` : comparison.loads.length ? "= loads" : "=") + aside;
  const words = (impact ? IMPACTS[impact][1] : "nothing found") + aside;
  const button = make("button", {className: impact || "quiet", type: "button", tabIndex: -1, title: words,
    "aria-label": `${machine}, ${label(comparison.a)} to ${label(comparison.b)}: ${words}${many ? `, ${many}` : ""}`}, text);
  button.addEventListener("click", () => open(comparison, button));
  return {node: make("td", {}, button), count: impact ? 1 : 0};
}

function draw() {
  const term = at("search").value.trim().toLowerCase();
  const rows = [];
  let marked = 0;
  for (const machine of data.machines) {
    const named = machine.toLowerCase().includes(term);
    const cells = versions.map((version) => cell(machine, version, named ? "" : term));
    const count = cells.reduce((sum, cell) => sum + cell.count, 0);
    if ((term && !named && !count) || (at("only").checked && !count)) continue;
    marked += count;
    rows.push(make("tr", {}, make("th", {scope: "row"}, machine), ...cells.map((cell) => cell.node)));
  }
  const head = make("tr", {}, make("th", {scope: "col"}, "machine type"), ...versions.map((version) => make("th", {scope: "col", title: version.package}, label(version.key))));
  at("matrix").replaceChildren(make("thead", {}, head), make("tbody", {}, ...rows));
  at("shown").textContent = `${rows.length} of ${data.machines.length} machine types, ${marked} cells with something to look at`;
  const first = at("matrix").querySelector("button");
  if (first) first.tabIndex = 0;
}

function valueText(value) {
  if (value === null || value === undefined) return "(none)";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function loadsTable(comparison) {
  const rows = comparison.loads.map((load) => make("tr", {},
    make("td", {}, `${label(load.saved_by)} → ${label(load.loaded_by)}`), make("td", {}, load.booted ? "after firmware ran" : "untouched"),
    make("td", {className: load.result === "ok" ? "loads" : "break"}, load.result + (load.device ? `: ${load.device}` : "")),
    make("td", {}, load.error ? make("pre", {}, load.error) : "")));
  const head = make("tr", {}, ...["saved → loaded", "state", "result", "QEMU's words"].map((text) => make("th", {scope: "col"}, text)));
  return make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows));
}

function ruleBlock(id, numbers) {
  const rule = data.rules[id] || {title: id, why: "", fix: ""};
  const rows = numbers.map((number) => {
    const difference = data.differences[number];
    return make("tr", {}, make("td", {}, [difference.section, ...difference.path].join("/")), make("td", {className: "value"}, valueText(difference.old)), make("td", {className: "value"}, valueText(difference.new)));
  });
  const reason = data.differences[numbers[0]].reason || rule.why;
  const head = make("tr", {}, ...["what", "before", "after"].map((text) => make("th", {scope: "col"}, text)));
  return make("div", {}, make("b", {}, rule.title), make("span", {className: "quiet"}, ` ${id}`), make("p", {className: "why"}, reason),
    rule.fix ? make("p", {className: "why"}, `To do: ${rule.fix}`) : "", make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows)));
}

function impactBlock(impact, numbers) {
  const rules = new Map();
  for (const number of numbers) {
    const rule = data.differences[number].rule;
    rules.set(rule, [...(rules.get(rule) || []), number]);
  }
  const blocks = [...rules].map(([id, list]) => ruleBlock(id, list));
  const title = `${IMPACTS[impact][0]} ${IMPACTS[impact][1]} (${numbers.length})`;
  if (["break", "guest-visible", "reboot-visible"].includes(impact)) return make("div", {}, make("h3", {className: impact}, title), ...blocks);
  return make("details", {}, make("summary", {}, make("b", {}, title)), ...blocks);
}

function allowedBlock(numbers) {
  const rows = numbers.map((number) => {
    const difference = data.differences[number];
    return make("tr", {}, make("td", {}, [difference.section, ...difference.path].join("/")), make("td", {}, difference.rule),
      make("td", {className: "value"}, `${valueText(difference.old)} → ${valueText(difference.new)}`),
      make("td", {}, [difference.allowed.reason, difference.allowed.by, difference.allowed.until && `until ${difference.allowed.until}`].filter(Boolean).join(", ")));
  });
  const head = make("tr", {}, ...["what", "rule", "before → after", "why it is allowed"].map((text) => make("th", {scope: "col"}, text)));
  return make("details", {}, make("summary", {}, make("b", {}, `allowed (${numbers.length})`)), make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows)));
}

function open(comparison, origin) {
  state.opened = origin;
  const standing = comparison.differences.filter((number) => !data.differences[number].allowed);
  const allowed = comparison.differences.filter((number) => data.differences[number].allowed);
  const groups = ORDER.map((impact) => [impact, standing.filter((number) => data.differences[number].impact === impact)]);
  const unjudged = Object.entries(comparison.unjudged);
  const close = make("button", {className: "close", type: "button"}, "Close");
  close.addEventListener("click", shut);
  at("details").replaceChildren(close,
    make("h2", {id: "details-title"}, comparison.machine), make("p", {className: "why"}, `${label(comparison.a)} → ${label(comparison.b)} ${comparison.devices ? ` · devices: ${setupOf(comparison)}` : ""}`),
    make("p", {}, comparison.verdict),
    ...(comparison.loads.length ? [make("h3", {}, "Real loads"), loadsTable(comparison)] : []),
    ...(unjudged.length ? [make("h3", {className: "unjudged"}, "? not judged"), make("ul", {}, ...unjudged.map(([name, reason]) => make("li", {}, make("b", {}, name), `: ${reason}`)))] : []),
    ...(comparison.left_out ? [make("p", {className: "why"}, `${comparison.left_out} more, of options and device types that only one of the two has, are not shown here.`)] : []),
    ...groups.filter(([, numbers]) => numbers.length).map(([impact, numbers]) => impactBlock(impact, numbers)),
    ...(allowed.length ? [allowedBlock(allowed)] : []));
  at("details").hidden = false;
  at("details").scrollTop = 0;
  at("details").focus();
}

function shut() {
  at("details").hidden = true;
  if (state.opened && state.opened.isConnected) state.opened.focus();
}

function timeline() {
  const machines = Object.keys(data.lifecycle);
  at("life").hidden = !machines.length;
  const head = make("tr", {}, make("th", {scope: "col"}, "machine type"), ...data.binaries.map((binary) => make("th", {scope: "col", title: `${binary.package} ${binary.source}`}, label(binary.key))));
  const rows = machines.map((machine) => make("tr", {}, make("th", {scope: "row"}, machine), ...data.binaries.map((binary) => {
    const reason = data.lifecycle[machine][binary.key];
    if (reason === undefined) return make("td", {});
    const words = reason ? `deprecated: ${reason}` : "offered";
    return make("td", {title: words}, make("span", {className: reason ? "bar deprecated" : "bar"}), make("span", {className: "sr"}, words));
  })));
  at("timeline").replaceChildren(make("thead", {}, head), make("tbody", {}, ...rows));
}

function move(event) {
  const steps = {ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0]};
  const button = event.target.closest("button");
  if (!button || !(event.key in steps)) return;
  event.preventDefault();
  const [down, right] = steps[event.key];
  const rows = [...at("matrix").tBodies[0].rows];
  let row = rows.indexOf(button.closest("tr")) + down;
  let column = button.closest("td").cellIndex + right;
  while (rows[row] && column > 0 && column < rows[row].cells.length) {
    const next = rows[row].cells[column].querySelector("button");
    if (next) { button.tabIndex = -1; next.tabIndex = 0; next.focus(); return; }
    row += down; column += right;
  }
}

function start() {
  const differences = data.differences.filter((difference) => !difference.allowed && ["break", "guest-visible", "reboot-visible"].includes(difference.impact)).length;
  at("facts").textContent = `${versions.length} QEMU binaries · ${data.machines.length} machine types · ${data.comparisons.length} comparisons · ${differences} distinct differences that a guest can meet`;
  fill(at("from"), [["previous", "the previous version"], ...versions.map((version) => [version.key, label(version.key)])]);
  const sets = [...new Set(data.comparisons.map(setupOf))].filter((name) => name);
  fill(at("devices"), sets.map((name) => [name, name]));
  at("devices-label").hidden = sets.length < 2;
  fill(at("section"), [["", "all"], ...[...new Set(data.differences.map((difference) => difference.section))].sort().map((name) => [name, name])]);
  at("impacts").replaceChildren(...ORDER.map((impact) => {
    const chip = make("button", {type: "button", className: `chip ${impact}`, "aria-pressed": String(state.shown.has(impact)), "data-impact": impact}, `${IMPACTS[impact][0]} ${IMPACTS[impact][1]}`);
    chip.addEventListener("click", () => {
      state.shown[state.shown.has(impact) ? "delete" : "add"](impact);
      chip.setAttribute("aria-pressed", String(state.shown.has(impact)));
      draw();
    });
    return chip;
  }));
  at("legend").replaceChildren(...ORDER.flatMap((impact) => [make("dt", {className: impact}, `${IMPACTS[impact][0]} ${IMPACTS[impact][1]}`), make("dd", {}, IMPACTS[impact][2])]));
  at("filters").addEventListener("submit", (event) => event.preventDefault());
  at("filters").addEventListener("input", draw);
  at("filters").addEventListener("change", draw);
  at("matrix").addEventListener("keydown", move);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !at("details").hidden) shut();
    if (event.key === "/" && !["INPUT", "SELECT"].includes(document.activeElement.tagName)) { event.preventDefault(); at("search").focus(); }
  });
  timeline();
  draw();
}
start();

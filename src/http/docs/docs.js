// The REST interface for people: reads the document the server makes of itself, shows it, and asks.
// Adds no text as markup.

const METHODS = ["get", "post", "put", "patch", "delete"];
const api = await (await fetch("/openapi.json")).json();
const main = document.getElementById("operations");
const search = document.getElementById("search");
const token = document.getElementById("token");

/** As the inspector keeps it: while the tab is open, and nowhere else. */
const KEPT = "miso-admin-token";
token.value = sessionStorage.getItem(KEPT) ?? "";
token.addEventListener("input", () => {
  if (token.value === "") sessionStorage.removeItem(KEPT);
  else sessionStorage.setItem(KEPT, token.value);
});

/** An element with what is in it. */
function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== undefined && child !== null));
  return made;
}

/** A sentence of the document, with what stands between backticks as code. */
const prose = (text = "") => text.split("`").map((part, index) => (index % 2 === 0 ? part : el("code", {}, part)));

const named = (schema) => {
  const path = schema?.$ref?.replace("#/", "").split("/");
  return path ? path.reduce((place, part) => place[part], api) : schema;
};

/** What a schema says of a value, in one line. */
function typeOf(schema) {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").at(-1);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const either = schema.oneOf ?? schema.anyOf;
  if (either) return either.map(typeOf).join(" | ");
  if (schema.allOf) return schema.allOf.map(typeOf).join(" & ");
  if (schema.type === "array") return `${typeOf(schema.items)}[]`;
  const types = [schema.type ?? "any"].flat().join(" | ");
  return schema.format ? `${types} (${schema.format})` : types;
}

/** Members of an object, those of its parts included. */
function membersOf(schema) {
  const known = named(schema);
  if (!known) return [];
  if (known.type === "array") return membersOf(known.items);
  const parts = [...(known.allOf ?? []), ...(known.oneOf ?? [])].flatMap(membersOf);
  const required = new Set(known.required ?? []);
  const own = Object.entries(known.properties ?? {}).map(([name, value]) => ({ name, value, required: required.has(name) }));
  return [...own, ...parts];
}

function membersTable(schema, depth = 0) {
  const members = membersOf(schema);
  if (members.length === 0) return null;
  const rows = members.map(({ name, value }) => {
    const inner = depth < 3 ? membersTable(value, depth + 1) : null;
    const about = named(value)?.description ?? value.description ?? "";
    const more = inner && el("details", {}, el("summary", {}, "members"), inner);
    return el("tr", {}, el("td", {}, el("code", {}, name)), el("td", {}, el("code", {}, typeOf(value))), el("td", {}, ...prose(value.description ?? about), more));
  });
  return el("table", {}, el("tbody", {}, ...rows));
}

function inputFor(parameter) {
  const schema = named(parameter.schema) ?? {};
  const choices = schema.enum ?? (schema.oneOf ?? []).map(named).find((one) => one?.enum)?.enum;
  const isTruth = [schema.type].flat().includes("boolean");
  if (!choices && !isTruth) return el("input", { name: parameter.name, placeholder: schema.default ?? "" });
  const options = ["", ...(choices ?? [true, false])];
  return el("select", { name: parameter.name }, ...options.map((value) => el("option", {}, String(value))));
}

function parametersTable(parameters) {
  if (parameters.length === 0) return null;
  const rows = parameters.map((parameter) =>
    el(
      "tr",
      {},
      el("td", {}, el("code", {}, parameter.name), parameter.required ? " *" : ""),
      el("td", {}, el("code", {}, typeOf(parameter.schema))),
      el("td", {}, ...prose(parameter.description)),
      el("td", {}, inputFor(parameter)),
    ),
  );
  return el("table", {}, el("tbody", {}, ...rows));
}

/** The request a form describes. */
function requestOf(form, method, path, parameters) {
  const given = (parameter) => form.elements.namedItem(parameter.name)?.value ?? "";
  let url = path;
  const query = new URLSearchParams();
  for (const parameter of parameters) {
    const value = given(parameter);
    if (parameter.in === "path") url = url.replace(`{${parameter.name}}`, encodeURIComponent(value));
    else if (value !== "") query.set(parameter.name, value);
  }
  const headers = {};
  if (token.value) headers.authorization = `Bearer ${token.value}`;
  const body = form.elements.namedItem("body")?.value || undefined;
  if (body) headers["content-type"] = "application/json";
  const asked = query.size > 0 ? `${url}?${query}` : url;
  return [asked, { method: method.toUpperCase(), headers, body }];
}

async function show(output, [url, request]) {
  output.textContent = `${request.method} ${url}\n…`;
  try {
    const response = await fetch(url, request);
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json");
    const body = isJson ? JSON.stringify(JSON.parse(text), null, 2) : text;
    output.textContent = `${request.method} ${url}\n${response.status} ${response.statusText}\n\n${body}`;
  } catch (error) {
    output.textContent = `${request.method} ${url}\n${error}`;
  }
}

/** Shows what a stream tells until it is stopped. The token goes in a header, which EventSource has none of. */
async function follow(output, [url, request], { signal }) {
  output.textContent = `${request.method} ${url}\n…`;
  try {
    const response = await fetch(url, { ...request, signal });
    output.textContent = `${request.method} ${url}\n${response.status} ${response.statusText}\n\n`;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let { value, done } = await reader.read(); !done; { value, done } = await reader.read()) {
      // The newest of it is enough.
      output.textContent = (output.textContent + value).slice(-50_000);
      output.scrollTop = output.scrollHeight;
    }
  } catch (error) {
    output.textContent += signal.aborted ? "\nStopped." : `\n${error}`;
  }
}

/** Streams never end by themselves. */
const streams = (operation) =>
  Object.values(operation.responses).some((response) => "text/event-stream" in (response.content ?? {}));

function form(method, path, operation) {
  const parameters = operation.parameters ?? [];
  const body = operation.requestBody && el("textarea", { name: "body", "aria-label": "Body", placeholder: "{}" });
  const output = el("pre", { hidden: "" });
  const isStream = streams(operation);
  const ask = el("button", {}, isStream ? "Follow" : "Ask");
  let following = null;
  const made = el("form", {}, parametersTable(parameters), body && el("h3", {}, "Body"), body && membersTable(bodySchema(operation)), body, ask, output);
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    output.hidden = false;
    const request = requestOf(made, method, path, parameters);
    if (!isStream) return void show(output, request);
    if (following) return void following.abort();
    following = new AbortController();
    ask.textContent = "Stop";
    void follow(output, request, following).finally(() => {
      following = null;
      ask.textContent = "Follow";
    });
  });
  return made;
}

const bodySchema = (operation) => Object.values(operation.requestBody?.content ?? {})[0]?.schema;

function answers(operation) {
  return Object.entries(operation.responses).map(([status, response]) => {
    const schema = Object.values(response.content ?? {})[0]?.schema;
    const type = schema ? ` · ${typeOf(schema)}` : "";
    const table = status < 300 ? membersTable(schema) : null;
    return el("section", {}, el("h3", {}, `${status}${type}`), el("div", {}, ...prose(response.description)), table);
  });
}

/** The first sentence of a text. */
const brief = (text) => text.split(/(?<=[.!?]) /)[0];

function operationOf(method, path, operation) {
  const { summary: about = "", description } = operation;
  const more = brief(about) === about ? description : about;
  const summary = el("summary", {}, el("span", { class: `method ${method}` }, method.toUpperCase()), el("span", { class: "path" }, path), el("span", { class: "about" }, ...prose(brief(about))));
  const made = el("details", { class: "operation", "data-text": `${method} ${path} ${operation.summary ?? ""}`.toLowerCase() }, summary);
  made.addEventListener(
    "toggle",
    () => made.append(el("div", { class: "body" }, more && el("p", {}, ...prose(more)), form(method, path, operation), ...answers(operation))),
    { once: true },
  );
  return made;
}

function sectionOf(tag) {
  const operations = Object.entries(api.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]?.tags?.includes(tag.name)).map((method) => operationOf(method, path, item[method])),
  );
  return operations.length > 0 && el("section", {}, el("h2", {}, tag.name), el("p", {}, ...prose(tag.description)), ...operations);
}

main.replaceChildren(el("p", {}, ...prose(api.info.description)), ...api.tags.map(sectionOf).filter(Boolean));

search.addEventListener("input", () => {
  const wanted = search.value.toLowerCase();
  for (const operation of main.querySelectorAll("details.operation")) {
    operation.hidden = !operation.dataset.text.includes(wanted);
  }
});

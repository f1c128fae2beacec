// protocol.md and the generated schemas, as data.
import { readFileSync } from "node:fs";
import Ajv from "ajv";
import addFormats from "ajv-formats";

export const read = (path) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const page = read("protocol.md");

/** The text under a heading, up to the next of the same or a higher level. */
export function section(heading) {
  const start = page.indexOf(`\n${heading}\n`);
  if (start < 0) throw new Error(`no ${heading}`);
  const body = page.slice(start + heading.length + 2);
  const level = heading.indexOf(" ");
  const end = body.search(new RegExp(`\n#{1,${level}} `));
  return end < 0 ? body : body.slice(0, end);
}

/** The rows of a section's first table as lists of cells, without backticks. */
export function table(heading) {
  const lines = section(heading).split("\n");
  const first = lines.findIndex((line) => line.startsWith("|"));
  const rows = lines.slice(first + 2, lines.findIndex((line, at) => at > first && !line.startsWith("|")));
  return rows.map((row) => row.slice(1, -1).split("|").map((cell) => cell.trim().replaceAll("`", "")));
}

/** The JSON blocks of an event's section. */
export function examples(event) {
  return [...section(`### ${event}`).matchAll(/```json\n(.*?)```/gs)].map(([, text]) => JSON.parse(text));
}

const ajv = new Ajv({ strict: true, allErrors: true, allowUnionTypes: true, strictRequired: false });
addFormats(ajv);
for (const name of ["requests", "answers", "notifications", "error"]) {
  ajv.addSchema(JSON.parse(read(`docs/protocol/schema/${name}.json`)), name);
}

/** Fails unless the value is what the schema of this file says of this event. */
export function conforms(file, event, value) {
  const pointer = event ? `${file}#/properties/${event}` : file;
  const check = ajv.getSchema(pointer);
  if (!check) throw new Error(`no schema ${pointer}`);
  if (!check(value)) throw new Error(`${pointer}: ${ajv.errorsText(check.errors)}: ${JSON.stringify(value)}`);
}

// What is whatever its owner says, or named by codecs.
const OPEN = ["appData", "parameters"];

/** Fails unless both have the same members at every level they have in common; lists by their first entries. */
export function sameShape(written, real, place) {
  if (written === null || real === null) return;
  if (Array.isArray(written) !== Array.isArray(real) || typeof written !== typeof real) {
    throw new Error(`${place}: ${JSON.stringify(written)} is written, ${JSON.stringify(real)} was sent`);
  }
  if (Array.isArray(written)) {
    if (written.length > 0 && real.length === 0) throw new Error(`${place}: nothing to compare with`);
    if (written.length > 0) sameShape(written[0], real[0], `${place}[]`);
  } else if (typeof written === "object") {
    const [ours, theirs] = [Object.keys(written).sort(), Object.keys(real).sort()];
    if (ours.join() !== theirs.join()) throw new Error(`${place}: ${ours} are written, ${theirs} were sent`);
    for (const key of ours) if (!OPEN.includes(key)) sameShape(written[key], real[key], `${place}.${key}`);
  }
}

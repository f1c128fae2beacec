// The table in docs/dialects.md, from what the last run of the suites 10-16 wrote: `node support/dialect-table.mjs`.
import { readFile, writeFile } from "node:fs/promises";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";
import { FRONTENDS } from "./frontends.mjs";

const DOCUMENT = fileURLToPath(new URL("../../../docs/dialects.md", import.meta.url));
export const OUTCOMES = fileURLToPath(new URL("../../../test-results/dialects.json", import.meta.url));
const [BEGIN, END] = ["<!-- results -->", "<!-- /results -->"];
const HEAD = ["dialect", "frontend", "mediasoup-client", "socket.io-client", "media", "browser", "result"];

/** `{"<frontend> <browser>": {version, result}}` */
export const outcomes = async () => JSON.parse(await readFile(OUTCOMES, "utf8").catch(() => "{}"));

/** Each frontend in each browser it is to be tried in. */
export const tries = () => FRONTENDS.flatMap((frontend) => frontend.browsers.map((browser) => ({ frontend, browser })));

const row = (cells) => `| ${cells.join(" | ")} |`;

export function table(found) {
  const line = ({ frontend: { dialect, name, source, client, io, media }, browser }) => {
    const { version = "", result = "not tried" } = found[`${name} ${browser}`] ?? {};
    return row([dialect, source, client, io, media.join(", "), `${browser} ${version}`, result]);
  };
  return [row(HEAD), row(HEAD.map(() => "---")), ...tries().map(line)].join("\n");
}

/** The table as the document has it. */
export async function written() {
  const text = await readFile(DOCUMENT, "utf8");
  return text.slice(text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END)).trim();
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const text = await readFile(DOCUMENT, "utf8");
  const [before, after] = [text.slice(0, text.indexOf(BEGIN)), text.slice(text.indexOf(END))];
  await writeFile(DOCUMENT, `${before}${BEGIN}\n${table(await outcomes())}\n${after}`);
}

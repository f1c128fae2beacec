/** `Link` headers (RFC 8288): where a WHEP resource says what else it can do. */

/** Commas and semicolons inside of `<…>` and `"…"` separate nothing. */
const LINK = /<([^>]*)>((?:\s*;\s*[^\s=;,]+(?:\s*=\s*(?:"[^"]*"|[^\s";,]*))?)*)/g;
const REL = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s";,]*))/i;

/** The target of the first link with this relation, made absolute. */
export function linkWith(relation: string, header: string | null, base: string): string | null {
  for (const [, target = "", parameters = ""] of (header ?? "").matchAll(LINK)) {
    const [, quoted, bare] = REL.exec(parameters) ?? [];
    if ((quoted ?? bare ?? "").split(/\s+/).includes(relation)) return new URL(target, base).href;
  }
  return null;
}

/** The token that an invitation carries, `/rooms/x#token=…`: taken out of the address, and kept as long as the tab is open. */

import { tab } from "./remember";

const KEY = "miso.token";

/** Where the browser keeps nothing, the page does. */
let kept: string | null = null;

/** The token of the newest invitation that was opened in this tab. */
export const invitation = (): string | null => tab.recall(KEY) ?? kept;

function keep(token: string): void {
  kept = token;
  tab.remember(KEY, token);
}

/** In a token a plus is a plus. */
const parameters = (text: string) => new URLSearchParams(text.slice(1).replaceAll("+", "%2B"));

/** Takes the token out of the address, so that it is neither shown nor passed on; says whether there was one. */
export function takeInvitation(): boolean {
  const address = new URL(location.href);
  const [fragment, query] = [parameters(address.hash), parameters(address.search)];
  const token = fragment.get("token") ?? query.get("token");
  if (token === null) return false;
  fragment.delete("token");
  query.delete("token");
  address.hash = fragment.toString();
  address.search = query.toString();
  history.replaceState(history.state, "", address);
  if (token !== "") keep(token);
  return token !== "";
}

/** Also of a link that is opened while the page is: only its fragment is new, and the browser loads nothing. */
export function watchInvitations(onTaken: () => void): void {
  takeInvitation();
  addEventListener("hashchange", () => { if (takeInvitation()) onTaken(); });
}

/** The operator's token: kept as long as the tab is open, and nowhere else. */
const KEY = "miso-admin-token";

export const keptToken = (): string => sessionStorage.getItem(KEY) ?? "";

export function keepToken(token: string): void {
  if (token === "") sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, token);
}

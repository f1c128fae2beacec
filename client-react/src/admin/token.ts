/** The operator's token: kept as long as the tab is open, and nowhere else. */
import { tab } from "../app/remember";

const KEY = "miso-admin-token";

export const keptToken = (): string => tab.recall(KEY) ?? "";

export function keepToken(token: string): void {
  if (token === "") tab.forget(KEY);
  else tab.remember(KEY, token);
}

import { useEffect, useState } from "react";
import { recall, remember } from "../app/remember";

export type Theme = "light" | "dark";

const initial = (): Theme => {
  const kept = recall("theme");
  if (kept === "light" || kept === "dark") return kept;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
};

/** The page's colours: the system's until the user chooses. */
export function useTheme(): { theme: Theme; toggleTheme: () => void } {
  const [theme, setTheme] = useState(initial);

  useEffect(() => {
    document.documentElement.dataset["theme"] = theme;
  }, [theme]);

  const toggleTheme = () => {
    const next = theme === "dark" ? "light" : "dark";
    remember("theme", next);
    setTheme(next);
  };
  return { theme, toggleTheme };
}

import { useTheme } from "../hooks/useTheme";
import { Icon } from "./Icon";

export function ThemeButton() {
  const { theme, toggleTheme } = useTheme();
  const other = theme === "dark" ? "light" : "dark";
  return (
    <button type="button" className="quiet" onClick={toggleTheme} aria-label={`Use ${other} colours`}>
      <Icon name={other} />
    </button>
  );
}

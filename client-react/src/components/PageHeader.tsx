import type { ReactNode } from "react";
import { Logo } from "./Logo";
import { ThemeButton } from "./ThemeButton";

/** The top of a page that is no call. */
export function PageHeader({ children }: { children?: ReactNode }) {
  return (
    <header className="page-header">
      <Logo />
      <span className="wordmark">miso</span>
      <span className="spacer" />
      {children}
      <ThemeButton />
    </header>
  );
}

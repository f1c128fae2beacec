import { Component, type ReactNode } from "react";

const FAULT = "This page had a fault. Reload it to go on.";

/** In place of a page that cannot be shown: what happened, and the way on. */
export function Broken({ sentence = FAULT }: { sentence?: string }) {
  return (
    <main className="broken">
      <h1>Something went wrong</h1>
      <p role="alert">{sentence}</p>
      <button type="button" className="primary" onClick={() => { location.reload(); }}>Reload</button>
    </main>
  );
}

/** Shows that instead of what fails in it. React has told the console what failed. */
export class Boundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    return this.state.failed ? <Broken /> : this.props.children;
  }
}

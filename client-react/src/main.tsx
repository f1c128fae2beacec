/** Starts the page that the address names, which is loaded with what it needs and no more. */
import { type ComponentType, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Boundary, Broken } from "./components/Broken";
import "./styles/base.css";

function pageAt(path: string): Promise<ComponentType> {
  switch (path) {
    case "/admin":
      return import("./components/admin/AdminPage").then(({ AdminPage }) => AdminPage);
    case "/broadcast":
      return import("./components/broadcast/BroadcastPage").then(({ BroadcastPage }) => BroadcastPage);
    case "/stream":
      return import("./components/stream/StreamPage").then(({ StreamPage }) => StreamPage);
    default:
      return import("./call").then(({ CallPage }) => CallPage);
  }
}

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
const view = createRoot(root);
try {
  const Page = await pageAt(location.pathname);
  view.render(
    <StrictMode>
      <Boundary>
        <Page />
      </Boundary>
    </StrictMode>,
  );
} catch (error) {
  // A line that broke, or a server that has another version of the page by now.
  console.error(error);
  view.render(<Broken sentence="This page could not be loaded whole. Reload it to try again." />);
}

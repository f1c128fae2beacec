/** Starts the page that the address names, which is loaded with what it needs and no more. */
import { type ComponentType, StrictMode } from "react";
import { createRoot } from "react-dom/client";
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
const Page = await pageAt(location.pathname);
createRoot(root).render(
  <StrictMode>
    <Page />
  </StrictMode>,
);

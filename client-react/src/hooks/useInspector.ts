import { useEffect, useMemo, useSyncExternalStore } from "react";
import { AdminApi } from "../admin/api";
import { Inspector, type View } from "../admin/Inspector";

export interface Inspecting {
  api: AdminApi;
  inspector: Inspector;
  view: View;
}

/** Looks into the server with this token, as long as the page shows it. */
export function useInspector(token: string): Inspecting {
  const { api, inspector } = useMemo(() => {
    const made = new AdminApi(token);
    return { api: made, inspector: new Inspector(made) };
  }, [token]);

  useEffect(() => {
    inspector.start();
    return () => { inspector.stop(); };
  }, [inspector]);

  return { api, inspector, view: useSyncExternalStore(inspector.subscribe, inspector.get) };
}

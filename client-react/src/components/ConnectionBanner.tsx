import { useRoom } from "../hooks/useRoom";

/** Says that the connection is being mended, for as long as it is. */
export function ConnectionBanner() {
  const { status, problem } = useRoom();
  return (
    <div role="status" className="banner-area">
      {status === "reconnecting" && (
        <p className="banner" data-testid="reconnecting">
          <span className="spinner" aria-hidden="true" />
          {problem ?? "Reconnecting…"}
        </p>
      )}
    </div>
  );
}

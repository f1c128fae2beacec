// @vitest-environment happy-dom
import { act, cleanup, fireEvent, render, renderHook, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { Boundary } from "../../src/components/Broken";
import { useFirstFrame } from "../../src/hooks/useFirstFrame";

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

function Faulty(): never {
  throw new Error("a fault");
}

test("a page that fails is replaced by a sentence and a way on", () => {
  vi.spyOn(console, "error").mockReturnValue();
  const reload = vi.spyOn(location, "reload").mockReturnValue();
  render(<Boundary><Faulty /></Boundary>);
  expect(screen.getByRole("alert").textContent).toMatch(/had a fault\. Reload it/);
  fireEvent.click(screen.getByRole("button", { name: "Reload" }));
  expect(reload).toHaveBeenCalledTimes(1);
});

test("a browser that tells no frames apart shows the picture when it has the first one", () => {
  const video = document.createElement("video");
  Object.assign(video, { requestVideoFrameCallback: undefined });
  const { result } = renderHook(useFirstFrameOf, { initialProps: video });
  expect(result.current).toBeNull();
  act(() => { video.dispatchEvent(new Event("loadeddata")); });
  expect(result.current).toBeGreaterThanOrEqual(0);
});

const track = {} as MediaStreamTrack;
const useFirstFrameOf = (current: HTMLVideoElement) => useFirstFrame({ current }, track);

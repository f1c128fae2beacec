/** The room in the page's address: `/rooms/:room`, or `/sfu/:room/` as older frontends have it. */
export function roomFromPath(path: string): string | null {
  const [, encoded] = /^\/(?:rooms|sfu)\/([^/]+)\/?$/.exec(path) ?? [];
  if (!encoded) return null;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return null;
  }
}

export const pathOfRoom = (room: string): string => `/rooms/${encodeURIComponent(room)}`;

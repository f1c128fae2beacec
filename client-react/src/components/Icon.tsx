/** Drawn here, so that the page asks no other host for anything. */
const PATHS = {
  microphone: "M12 3a3 3 0 0 0-3 3v6a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3ZM5 11a7 7 0 0 0 14 0M12 18v3",
  camera: "M3 7h11a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2H3ZM16 11l5-3v8l-5-3",
  screen: "M3 5h18v11H3ZM9 20h6M12 16v4",
  leave: "M4 14c4-5 12-5 16 0l-3 3-3-2v-2.500a9 9 0 0 0-4 0V15l-3 2Z",
  stats: "M5 20v-7M12 20V5M19 20v-10",
  link: "M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1",
  light: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.500 1.500M17.500 17.500 19 19M19 5l-1.500 1.500M6.500 17.500 5 19",
  dark: "M20 14A8.500 8.500 0 0 1 10 4a8.500 8.500 0 1 0 10 10Z",
} as const;

export type IconName = keyof typeof PATHS;

interface Props {
  name: IconName;
  crossed?: boolean;
}

export function Icon({ name, crossed = false }: Props) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
      {crossed && <path d="M4 4l16 16" />}
    </svg>
  );
}

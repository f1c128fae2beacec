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
  grid: "M4 5h7v6H4ZM13 5h7v6h-7ZM4 13h7v6H4ZM13 13h7v6h-7Z",
  speaker: "M4 5h16v9H4ZM4 17h4v2H4ZM10 17h4v2h-4ZM16 17h4v2h-4Z",
  settings: "M4 7h9M17 7h3M15 5v4M4 17h3M11 17h9M9 15v4",
  help: "M9 9a3 3 0 1 1 4.500 2.600c-1 .6-1.500 1.200-1.500 2.400M12 17.500v.1M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z",
  pin: "M9 4h6l-1 6 3 3H7l3-3ZM12 13v7",
  close: "M6 6l12 12M18 6 6 18",
  warning: "M12 4 2.500 20h19ZM12 10v4M12 17v.1",
  volume: "M4 10v4h3l5 4V6l-5 4ZM16 9a4 4 0 0 1 0 6M18.500 6.500a8 8 0 0 1 0 11",
  play: "M7 4.500v15l12-7.500Z",
  pause: "M8 5v14M16 5v14",
  expand: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  shrink: "M9 4v5H4M15 4v5h5M9 20v-5H4M15 20v-5h5",
  small: "M3 5h18v14H3ZM12 12h6v4h-6Z",
  copy: "M9 9h11v11H9ZM5 15H4V4h11v1",
  open: "M14 4h6v6M20 4l-9 9M18 14v6H4V6h6",
  stop: "M6 6h12v12H6Z",
  viewers: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4 21a8 8 0 0 1 16 0",
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

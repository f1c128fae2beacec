import { useAnnouncements } from "../hooks/useAnnouncements";

/** Who came, who went, who shares: seen for a moment, read aloud. */
export function Announcer() {
  const announcements = useAnnouncements();
  return (
    <div className="announcer" role="log" aria-label="What happens in the room">
      {announcements.map(({ id, text }) => (
        <p key={id}>{text}</p>
      ))}
    </div>
  );
}

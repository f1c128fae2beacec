import { Icon } from "../Icon";

/** A sentence about something that is not as it should be; nothing when there is none. */
export function Warning({ text, testId = "notice" }: { text: string | null; testId?: string }) {
  if (text === null) return null;
  return (
    <p className="notice" data-testid={testId}>
      <Icon name="warning" />
      <span>{text}</span>
    </p>
  );
}

interface Props {
  text: string | null;
  /** Something is being done about it: nothing to dismiss. */
  busy: boolean;
  onDismiss: () => void;
}

/** What went wrong, in a sentence; read aloud by screen readers. */
export function Notice({ text, busy, onDismiss }: Props) {
  return (
    <div className="notice-area" role="status" aria-live="polite">
      {text !== null && (
        <p className="notice" data-testid="notice">
          {text}
          {!busy && (
            <button type="button" className="link" onClick={onDismiss}>
              Dismiss
            </button>
          )}
        </p>
      )}
    </div>
  );
}

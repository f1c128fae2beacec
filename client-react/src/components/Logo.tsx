/** A bowl of miso, steaming. */
export function Logo() {
  return (
    <svg className="logo" viewBox="0 0 32 32" role="img" aria-label="miso">
      <rect width="32" height="32" rx="9" />
      <path className="bowl" d="M7 15h18a9 9 0 0 1-18 0Z" />
      <path className="steam" d="M12 11c-1.600-2 1.600-3 0-5M17 11c-1.600-2 1.600-3 0-5" />
    </svg>
  );
}

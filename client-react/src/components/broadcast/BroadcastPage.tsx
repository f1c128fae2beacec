import { useState } from "react";
import "../../styles/panels.css";
import "../../styles/broadcast.css";
import { PageHeader } from "../PageHeader";
import { GetId } from "./GetId";
import { Studio } from "./Studio";

/** `/broadcast`: get an id; `/broadcast?id=…`: what to do with it, and how it goes. */
export function BroadcastPage() {
  const [id, setId] = useState(() => new URLSearchParams(location.search).get("id"));

  const take = (given: string) => {
    // The address is all one needs to come back; the page without an id is nothing to go back to.
    history.replaceState(null, "", `/broadcast?id=${encodeURIComponent(given)}`);
    setId(given);
  };

  return (
    <div className="broadcast">
      <PageHeader />
      {id ? <Studio key={id} id={id} onNewId={take} /> : <GetId onId={take} />}
    </div>
  );
}

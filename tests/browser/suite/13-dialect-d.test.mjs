// Dialects D and D′: node's acknowledgements, and a path of its own.
import { meets, pairs, proves } from "../support/dialect.mjs";

const here = ({ dialect }) => ["d", "d-prime"].includes(dialect);

proves((frontend) => here(frontend) && !frontend.pair, meets);
proves((frontend) => here(frontend) && frontend.pair, pairs);

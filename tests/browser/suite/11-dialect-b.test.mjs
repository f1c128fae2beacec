// Dialects B and B2: one publishes, one watches, which may be the same page.
import { pairs, proves } from "../support/dialect.mjs";

proves(({ dialect }) => ["b", "b2"].includes(dialect), pairs);

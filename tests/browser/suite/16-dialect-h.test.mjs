// Dialect H: every answer is looked into, and producers are listed by an event.
import { meets, proves } from "../support/dialect.mjs";

proves(({ dialect }) => dialect === "h", meets);

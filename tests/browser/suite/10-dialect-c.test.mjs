// Dialect C: the tutorial with rooms, and the frontends made from it that differ by a few words.
import { meets, proves } from "../support/dialect.mjs";

proves(({ dialect }) => ["c", "call", "geni", "world"].includes(dialect), meets);

import { backoff } from "./backoff";
import { deadLetters } from "./dead-letter";
import { exactlyOnce } from "./exactly-once";
import { filters } from "./filters";
import { leases } from "./leases";
import { limits } from "./limits";
import { ordering } from "./ordering";
import { pushes } from "./push";
import { replay } from "./replay";
import { topics } from "./topics";
import { unwrapped } from "./unwrapped";
import type { Vector } from "./vector";

/** Every delivery vector. */
export const vectors: readonly Vector[] = [
  ...topics,
  ...filters,
  ...ordering,
  ...leases,
  ...backoff,
  ...deadLetters,
  ...pushes,
  ...unwrapped,
  ...exactlyOnce,
  ...replay,
  ...limits,
];

/** The emulator whose divergences are written down. */
export const EMULATOR = "0.8.20, of Cloud SDK 528";

import type { CodeTable } from "./table";

/** MR3000–MR3999: contracts and the runtime. */
export const runtimeCodes = {
  MR3001: {
    title: "contract field out of range",
    why: "infrastructure and runtime are derived from the contract; a value that one of them cannot honour would fail late, under load",
    fix: "set the field to a value in the named range",
  },
} as const satisfies CodeTable;

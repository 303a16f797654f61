import type { CodeTable } from "./table";

/** MR4100–MR4999: running a plan. */
export const engineCodes = {} as const satisfies CodeTable;

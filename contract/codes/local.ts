import type { CodeTable } from "./table";

/** MR4000–MR4999: the local engine. */
export const localCodes = {} as const satisfies CodeTable;

import type { CodeTable } from "./table";

/** MR5000–MR5999: the command line. */
export const cliCodes = {} as const satisfies CodeTable;

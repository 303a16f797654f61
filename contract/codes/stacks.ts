import type { CodeTable } from "./table";

/** MR2000–MR2999: environment files and stacks. */
export const stacksCodes = {} as const satisfies CodeTable;

import type { CodeTable } from "./table";

/** MR3000–MR3999: contracts and the runtime. */
export const runtimeCodes = {} as const satisfies CodeTable;

import { packagingCodes } from "./packaging";
import type { CodeTable } from "./table";

/** MR1000–MR1999: constructs, patterns and packaging. */
export const constructsCodes = { ...packagingCodes } as const satisfies CodeTable;

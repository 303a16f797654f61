import { coreCodes } from "./core";
import { packagingCodes } from "./packaging";
import type { CodeTable } from "./table";

/** MR1000–MR1999: constructs, patterns and packaging. */
export const constructsCodes = { ...coreCodes, ...packagingCodes } as const satisfies CodeTable;

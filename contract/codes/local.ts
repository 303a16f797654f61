import { engineCodes } from "./engine";
import { planCodes } from "./plan";
import type { CodeTable } from "./table";

/** MR4000–MR4999: the local engine. */
export const localCodes = { ...planCodes, ...engineCodes } as const satisfies CodeTable;

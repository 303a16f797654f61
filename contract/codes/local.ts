import { deliverabilityCodes } from "./deliverability";
import { engineCodes } from "./engine";
import { planCodes } from "./plan";
import { providerCodes } from "./provider";
import type { CodeTable } from "./table";
import { targetsCodes } from "./targets";

/** MR4000–MR4999: the local engine. */
export const localCodes = {
  ...planCodes,
  ...engineCodes,
  ...targetsCodes,
  ...providerCodes,
  ...deliverabilityCodes,
} as const satisfies CodeTable;

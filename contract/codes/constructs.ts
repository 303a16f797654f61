import { bigqueryCodes } from "./bigquery";
import { coreCodes } from "./core";
import { dataflowCodes } from "./dataflow";
import { eventarcCodes } from "./eventarc";
import { functionsCodes } from "./functions";
import { jobsCodes } from "./jobs";
import { runCodes } from "./run";
import { schedulerCodes } from "./scheduler";
import { secretsCodes } from "./secrets";
import { tasksCodes } from "./tasks";
import { storageCodes } from "./storage";
import { monitoringCodes } from "./monitoring";
import { orchestrationCodes } from "./orchestration";
import { packagingCodes } from "./packaging";
import { pipelineCodes } from "./pipeline";
import { pubsubCodes } from "./pubsub";
import { storesCodes } from "./stores";
import type { CodeTable } from "./table";

/** MR1000–MR1999: constructs, patterns and packaging. */
export const constructsCodes = {
  ...coreCodes,
  ...pubsubCodes,
  ...pipelineCodes,
  ...storesCodes,
  ...monitoringCodes,
  ...dataflowCodes,
  ...packagingCodes,
  ...storageCodes,
  ...runCodes,
  ...jobsCodes,
  ...functionsCodes,
  ...bigqueryCodes,
  ...secretsCodes,
  ...schedulerCodes,
  ...tasksCodes,
  ...orchestrationCodes,
  ...eventarcCodes,
} as const satisfies CodeTable;

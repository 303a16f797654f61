import type { CodeTable } from "./table";

/** MR4300–MR4399: the local Terraform provider. */
export const providerCodes = {
  MR4301: {
    title: "data source that is not answered here",
    why: "its answer is on Google Cloud, and a made-up one would only hide that",
    fix: "give the value literally, or refer to a resource of the plan",
  },
} as const satisfies CodeTable;

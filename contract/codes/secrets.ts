import type { CodeTable } from "./table";

/** MR1850–MR1899: secrets. */
export const secretsCodes = {
  MR1851: {
    title: "secret without a version when its reader is deployed",
    why: "Cloud Run refuses a revision whose secret has no version, and a value in Terraform would stand in its state",
    fix: "make the secret in a stack that is deployed before, or add a version between two applies and acknowledge the warning",
  },
  MR1852: {
    title: "not the full name of a secret",
    why: "what was made elsewhere may live in another project, so its short name says too little",
    fix: "write projects/PROJECT/secrets/SECRET",
  },
} as const satisfies CodeTable;

import { configureGlobal } from "fast-check";

// Tests look neither for a metadata server nor for a newer Terraform.
process.env.METADATA_SERVER_DETECTION = "none";
process.env.CHECKPOINT_DISABLE = "1";

// Terraform's garbage collector, at its usual setting, is a quarter of what Terraform costs here.
process.env.GOGC ??= "400";

// Property tests draw the same cases on every machine; MILLRACE_SEED=7 draws others.
configureGlobal({ seed: Number(process.env.MILLRACE_SEED ?? 1) });

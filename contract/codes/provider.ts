import type { CodeTable } from "./table";

/** MR4300–MR4399: the local Terraform provider. */
export const providerCodes = {
  MR4301: {
    title: "data source that is not answered here",
    why: "its answer is on Google Cloud, and a made-up one would only hide that",
    fix: "give the value literally, or refer to a resource of the plan",
  },
  MR4302: {
    title: "no Terraform",
    why: "plans are made by the real Terraform, which is not part of Millrace",
    fix: "install Terraform 1.6 or later, or run the stack with `millrace dev`, which needs none",
  },
  MR4303: {
    title: "another Terraform command runs on the stack",
    why: "two would overwrite what the other has applied",
    fix: "wait for it to end",
  },
  MR4304: {
    title: "other release of a provider",
    why: "plans are made from the schema of one release; another has arguments that this one lacks, and the other way round",
    fix: "let the stack ask for the release that is served",
  },
  MR4305: {
    title: "command or argument that leads out of the local workspace",
    why: "a local state must not leave this machine, and no state of a cloud must come in: their resources do not exist on the other side",
    fix: "leave it out",
  },
  MR4306: {
    title: "no synthesized stack where Terraform is called",
    why: "the program that `millrace tf env` names stands for Terraform in the folders that cdktf calls it in; elsewhere it would run on somebody's real state",
    fix: "let cdktf call it, or undo the environment with `millrace tf env --off`",
  },
  MR4307: {
    title: "resource that is deleted while it holds something",
    why: "Google deletes neither a bucket with objects, noncurrent versions among them, nor a dataset with tables, unless the resource says that they go with it",
    fix: "empty it, or set `force_destroy` or `delete_contents_on_destroy` and apply that first",
    source: "https://cloud.google.com/storage/docs/deleting-buckets",
  },
} as const satisfies CodeTable;

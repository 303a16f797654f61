import { createHash } from "node:crypto";
import type { Attributes } from "../../plan/values";
import type { Reader } from "./adapter";

/** Labels as the provider computes them (its version 6 guide): the default ones under the resource's own. */
export function labelled(read: Reader): Attributes {
  const defaults = read.resource.provider.default_labels;
  const own = read.textMap("labels");
  const all = { "goog-terraform-provisioned": "true", ...(defaults as Attributes | undefined), ...own };
  return { terraform_labels: all, effective_labels: all };
}

/** A duration of Google's APIs (`600s`, `3.5s`) in milliseconds, undefined when unset. Another form is reported. */
export function milliseconds(read: Reader, path: string): number | undefined {
  const text = read.text(path);
  if (text === undefined || text === "") return undefined;
  const seconds = /^(\d+(?:\.\d{1,9})?)s$/.exec(text)?.[1];
  if (seconds !== undefined) return Number(seconds) * 1_000;
  read.wrong(path, 'a duration such as "600s"', text);
  return undefined;
}

/** Digits made of a name: the same on every run, as different as names are. Stands for ids that Google invents. */
export function digits(name: string, length: number): string {
  const hex = createHash("sha256").update(name).digest("hex");
  return BigInt(`0x${hex}`).toString().slice(0, length);
}

import type { CodeTable } from "./table";

/** MR2000–MR2999: environment files and stacks. */
export const stacksCodes = {
  MR2001: {
    title: "no such environment",
    why: "there is nothing to synthesize",
    fix: "set MILLRACE_ENV to the name of a file in environments/, or leave it unset for all of them",
  },
  MR2002: {
    title: "malformed YAML",
    why: "the file cannot be read past this point",
    fix: "mend the syntax at the position",
    source: "https://yaml.org/spec/1.2.2/",
  },
  MR2003: {
    title: "key given twice",
    why: "one of the two values would silently win",
    fix: "keep one of them",
  },
  MR2004: {
    title: "unknown key",
    why: "what it was meant to set would keep its default",
    fix: "use one of the known keys",
  },
  MR2005: {
    title: "missing key",
    why: "it has no default that could be right",
    fix: "add the key",
  },
  MR2006: {
    title: "value not accepted",
    why: "Google or Terraform would refuse it, or read it as something else",
    fix: "write what is wanted",
  },
  MR2007: {
    title: "override of an unknown workload",
    why: "the override would change nothing",
    fix: "use the name of a contract of the stack",
  },
  MR2008: {
    title: "no state bucket",
    why: "the state of a shared environment would lie on one laptop, and the next deploy from elsewhere would create everything again",
    fix: "name a bucket under state.bucket",
  },
  MR2009: {
    title: "fewest instances above most instances",
    why: "Google refuses the pair",
    fix: "raise maxInstances or lower minInstances",
  },
  MR2010: {
    title: "two environments collide",
    why: "they would fight over the same resources or the same state",
    fix: "give them different projects or prefixes, and different places for their state",
  },
  MR2011: {
    title: "region not in our table",
    why: "a typing error shows only when Google refuses the first resource",
    fix: "correct it, or acknowledge the warning when the region is newer than this release",
    source: "https://cloud.google.com/about/locations",
  },
} as const satisfies CodeTable;

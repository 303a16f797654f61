import type { CodeTable } from "./table";

/** MR1550–MR1599: workflows as constructs, and the builder of their definitions. */
export const orchestrationCodes = {
  MR1550: {
    title: "definition that cannot be built",
    why: "what the program says has no form in the language of Workflows",
    fix: "do what the message says, at the line that the stack of the error names",
    source: "https://cloud.google.com/workflows/docs/reference/syntax",
  },
} as const satisfies CodeTable;

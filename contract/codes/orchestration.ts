import type { CodeTable } from "./table";

const PROTO = "google/cloud/workflows/v1/workflows.proto";

/** MR1550–MR1599: workflows as constructs, and the builder of their definitions. */
export const orchestrationCodes = {
  MR1550: {
    title: "definition that cannot be built",
    why: "what the program says has no form in the language of Workflows",
    fix: "do what the message says, at the line that the stack of the error names",
    source: "https://cloud.google.com/workflows/docs/reference/syntax",
  },
  MR1551: {
    title: "description too long",
    why: "Workflows refuses the workflow at apply",
    fix: "shorten it to 1000 characters",
    source: PROTO + ": Workflow.description",
  },
  MR1552: {
    title: "variables that a workflow cannot have",
    why: "Workflows refuses the workflow at apply",
    fix: "give at most 20, each with a name that begins neither with GOOGLE nor with WORKFLOWS and up to 4 KiB; pass more in the argument",
    source: PROTO + ": Workflow.user_env_vars",
  },
  MR1554: {
    title: "service that the workflow's identity may not call",
    why: "every execution fails at the step with 403",
    fix: "use WorkflowOrchestrator, which grants what steps in TypeScript need and what `calls` names for one in YAML, or call `grantInvoke` of the service with the workflow's identity",
    source: "https://cloud.google.com/workflows/docs/authentication",
  },
  MR1555: {
    title: "connector that the workflow's identity may not use",
    why: "every execution fails at the step with 403, unless the role is granted somewhere else",
    fix: "grant the role that the message names to the workflow's identity, or acknowledge it where that happens elsewhere",
    source: "https://cloud.google.com/workflows/docs/authentication",
  },
  MR1556: {
    title: "definition that is not there",
    why: "there is nothing to deploy",
    fix: "give a path below the stack's `handlersDir`",
  },
  MR1557: {
    title: "events that a failed execution loses",
    why: "Workflows acknowledges an event as soon as the execution starts: nothing delivers it again",
    fix: "put the calls into `try` with a retry, and keep what fails for good: publish it to a dead-letter topic in `except`",
    source: "https://cloud.google.com/eventarc/docs/retry-events",
  },
  MR1558: {
    title: "calls without try",
    why: "an error of a moment, 503 for example, ends the execution, and nothing starts it again",
    fix: 'give the call a `retry`, `"transient"` if it may happen twice, or put it into `try`',
    source: "https://cloud.google.com/workflows/docs/reference/syntax/retrying",
  },
  MR1559: {
    title: "large definition",
    why: "what nobody can follow nobody can change, and Google takes 128 KB at most",
    fix: "split it into sub-workflows, or into workflows that start each other",
    source: "https://cloud.google.com/workflows/quotas",
  },
  MR1560: {
    title: "not a full workflow name",
    why: "what was made elsewhere may live in another project or region, so its short name says too little",
    fix: "write projects/PROJECT/locations/REGION/workflows/WORKFLOW",
  },
  MR1562: {
    title: "step that gives up before the service does",
    why: "the step fails, and is retried, while the service still works on the first request",
    fix: "raise the step's timeout to the service's, at most 1800 s, or lower the service's",
    source: "https://cloud.google.com/workflows/docs/reference/stdlib/http/post",
  },
  MR1563: {
    title: "alarm on an unconfirmed metric",
    why: "Cloud Monitoring refuses an alert policy on a metric that does not exist",
    fix: "try it in a project of your own first, then acknowledge it; or leave tooManyWaiting out",
  },
  MR1564: {
    title: "retries within retries",
    why: "attempts of one layer are multiplied by those of the next, so what is down for a moment is kept down by calls",
    fix: "retry at one layer: leave the retry of the inner try out, or of the outer one",
    source: "https://cloud.google.com/workflows/docs/reference/syntax/retrying",
  },
  MR1565: {
    title: "definition that declares what it calls by itself",
    why: "what was built in TypeScript says in its steps what it calls, and grants and variables follow; a second list could say otherwise",
    fix: "leave `calls` out, or give the definition as a file or as text",
  },
  MR1566: {
    title: "plain request to a handler",
    why: "a handler takes events, which have an identity, so that their effect happens once; its runtime answers every other request with 400",
    fix: "use `deliver` in TypeScript; in YAML send the headers of a CloudEvent, or those of `workflowSteps` where the step needs the answer; name it in the workload's `transports`",
  },
} as const satisfies CodeTable;

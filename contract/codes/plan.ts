import type { CodeTable } from "./table";

/** MR4000–MR4099: reading synthesized Terraform. */
export const planCodes = {
  MR4001: {
    title: "no synthesized output",
    why: "the engine runs what cdktf wrote to its output folder and has nothing else to go by",
    fix: "run `npm run synth`, or name the folder with --out",
  },
  MR4002: {
    title: "unknown stack",
    why: "the output folder holds no stack of that name, so there is no plan to run",
    fix: "name one of the stacks that were synthesized",
  },
  MR4003: {
    title: "unreadable plan",
    why: "cdk.tf.json is not a JSON document of Terraform; it was cut off or edited",
    fix: "run `npm run synth` again",
  },
  MR4004: {
    title: "text that is no expression",
    why: "every string of a plan is a template; Terraform would refuse this one as well",
    fix: "correct the expression, or escape literal `${` and `%{` as `$${` and `%%{`",
    source: "https://developer.hashicorp.com/terraform/language/syntax/json#expression-mapping",
  },
  MR4005: {
    title: "reference to something undeclared",
    why: "the value comes from a resource, local, variable or output that the plan does not have",
    fix: "declare it, or correct the name",
  },
  MR4006: {
    title: "reference to an unknown attribute",
    why: "the engine does not know the attribute, and a guess would run something other than the plan",
    fix: "refer to an attribute it knows, or set the value literally",
  },
  MR4007: {
    title: "unknown function",
    why: "the engine evaluates the functions of Terraform that depend on their arguments alone",
    fix: "compute the value in TypeScript, before synthesis",
    source: "https://developer.hashicorp.com/terraform/language/functions",
  },
  MR4008: {
    title: "expression without a value",
    why: "its operands or arguments do not fit; Terraform would fail at plan",
    fix: "correct the expression where the construct sets it",
  },
  MR4009: {
    title: "resources that depend on each other in a circle",
    why: "none of them can be created first; Terraform would refuse the plan",
    fix: "break the circle, for example with a name known at synthesis",
  },
  MR4010: {
    title: "variable without a value",
    why: "the engine asks nobody and reads no variable files",
    fix: "give the variable a default, or set the value in TypeScript",
  },
  MR4011: {
    title: "module",
    why: "the engine reads one document per stack and follows no module",
    fix: "use constructs, or the resources themselves",
  },
  MR4012: {
    title: "remote state that no synthesized stack writes",
    why: "the engine touches no state of a cloud, so the outputs it would read are unknown",
    fix: "synthesize the stack that writes the state into the same folder",
  },
  MR4013: {
    title: "stand-in for an attribute of an unknown type",
    why: "the type is not simulated, so the value that Google would give is not known",
    fix: "check what depends on the value",
  },
  MR4014: {
    title: "missing argument",
    why: "Google would refuse the resource, and the engine cannot make anything of it",
    fix: "set the argument, or the project and region of the provider",
  },
  MR4015: {
    title: "argument of the wrong form",
    why: "the provider or Google would refuse the value at apply",
    fix: "give it the form that is wanted",
  },
  MR4016: {
    title: "type that is not simulated",
    why: "the engine keeps the resource and nothing happens because of it, unlike on Google Cloud",
    fix: "test what depends on it on Google Cloud",
  },
  MR4017: {
    title: "argument that is not simulated",
    why: "the engine runs the resource without acting on this argument, unlike Google Cloud",
    fix: "test what depends on it on Google Cloud",
  },
  MR4018: {
    title: "missing archive",
    why: "the plan uploads a file that is not there, so the workload made from it could not start",
    fix: "run `npm run synth` again: it writes the archives beside the plan",
  },
  MR4019: {
    title: "topic that no stack creates",
    why: "it exists elsewhere; the engine makes an empty one, which nobody fills by itself",
    fix: "publish to it yourself, or synthesize the stack that creates it into the same folder",
  },
  MR4020: {
    title: "workload from a container image",
    why: "the engine starts archives of handlers and no containers, so requests to the workload fail",
    fix: "deploy it from a handler's archive, or test it by itself",
  },
  MR4021: {
    title: "push identity that no stack creates",
    why: "creating the subscription fails on Google Cloud when the service account does not exist",
    fix: "check that it exists, or create it in the stack",
    source: "https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions",
  },
  MR4022: {
    title: "push to an endpoint outside the plan",
    why: "the engine posts to the workloads it runs and never to the internet, so every push fails",
    fix: "push to a workload of the plan, or consume the subscription by pull",
  },
  MR4023: {
    title: "push identity that may not invoke the target",
    why: "the front end answers every push with 403, here as on Cloud Run, and messages are never handled",
    fix: "grant roles/run.invoker on the service to the push identity",
    source: "https://cloud.google.com/run/docs/triggering/pubsub-push",
  },
  MR4024: {
    title: "workload without an archive in the plan",
    why: "no resource of the plan uploads the object it is built from, so there is nothing to start",
    fix: "upload the archive with a google_storage_bucket_object of the same stack",
  },
  MR4025: {
    title: "two resources of one name",
    why: "Google refuses the second at apply",
    fix: "give one of them another name",
  },
  MR4026: {
    title: "dead-letter policy without the agent's grants",
    why: "without both grants Pub/Sub keeps redelivering and dead-letters nothing, without a word",
    fix: "grant publisher on the dead-letter topic and subscriber on the subscription to the Pub/Sub service agent",
    source: "https://cloud.google.com/pubsub/docs/handling-failures#grant_forwarding_permissions",
  },
  MR4030: {
    title: "schedule that Google refuses",
    why: "the job would be refused at apply, and has no runs here",
    fix: "write five fields of unix cron, or the descriptive form",
    source: "https://cloud.google.com/scheduler/docs/configuring/cron-job-schedules",
  },
  MR4032: {
    title: "log filter that is not understood here",
    why: "the engine reads comparisons, AND, OR, NOT, parentheses, log_id and text; the sink publishes nothing here, and may well do so on Google Cloud",
    fix: "write the filter with those, or test the sink on Google Cloud",
    source: "https://cloud.google.com/logging/docs/view/logging-query-language",
  },
  MR4033: {
    title: "event source that may not send",
    why: "Google refuses the source at apply, or lets its events go nowhere without a word",
    fix: "grant the role to whom the source sends as",
    source: "https://cloud.google.com/eventarc/docs/all-roles-permissions",
  },
  MR4034: {
    title: "schema that no stack creates",
    why: "its definition is not known here, so the topic takes messages that Google Cloud would refuse",
    fix: "synthesize the stack that creates the schema into the same folder",
  },
} as const satisfies CodeTable;

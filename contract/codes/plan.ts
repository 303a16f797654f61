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
} as const satisfies CodeTable;

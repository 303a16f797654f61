import { accountOf } from "../../contract/callers";
import type { ContractManifest } from "../../contract/contract";
import { contractsBeside } from "../../contract/contracts-file";
import { ENV } from "../../contract/environment";
import { IssuesError } from "../../contract/issue";
import { textAt } from "../../local/deliverability/read-value";
import { loadSystem } from "../../local/engine/load";
import type { ProgramSpec, TargetSpec } from "../../local/engine/target";
import type { Attributes } from "../../local/plan/values";

/** A handler of a plan that parks, and what it takes to redrive it. */
export interface Parking {
  readonly manifest: ContractManifest;
  /** Subscriptions that keep what it parks, by their full names. */
  readonly subscriptions: readonly string[];
  /** How it is called; undefined for one that pulls or is a job. */
  readonly called?: {
    readonly name: string;
    readonly url: string;
    readonly audience: string;
    /** An identity that it lets in. */
    readonly as: string;
    /** Whether only callers inside the project reach it. */
    readonly internal: boolean;
  };
  /** `projects/{project}/databases/{database}` of its records. */
  readonly database?: string;
  /** Full name of its redrive job. */
  readonly job?: string;
}

/** Ingress settings that let everybody through to IAM. */
const OPEN = [undefined, "INGRESS_TRAFFIC_ALL", "ALLOW_ALL"];

/**
 * The handlers of a stack that park.
 * @throws IssuesError as `loadSystem` does, and MR5008 when synthesis has written no contracts beside the plan
 */
export function parkingsOf(outDir: string, stack: string): readonly Parking[] {
  const { system } = loadSystem(outDir, stack);
  const manifests = contractsBeside(outDir, stack);
  if (!manifests)
    throw new IssuesError([
      {
        code: "MR5008",
        severity: "error",
        path: stack,
        problem: "there is no file of contracts beside its plan",
        fix: "run `npm run synth` again",
      },
    ]);
  const subscribed = (topic: string) =>
    system.subscriptions
      .filter(({ config }) => config.topic === topic && !config.push && !config.export)
      .map(({ config }) => config.name);
  const programs = system.runJobs.map(({ config }) => config);
  const redrives = programs.filter(({ program }) => program.environment[ENV.subscription] !== undefined);
  const jobs = programs.filter((one) => !redrives.includes(one)).map(({ program }) => program);
  const found = new Map<string, Parking>();
  const add = ({ environment }: Pick<ProgramSpec, "environment">, called?: Parking["called"]) => {
    const manifest = manifests.get(environment[ENV.contractHash] ?? "");
    const topic = environment[ENV.deadLetterTopic];
    if (!manifest || !topic || found.has(manifest.name)) return;
    const job = redrives.find(({ program }) => program.environment[ENV.contractHash] === environment[ENV.contractHash]);
    const database = environment[ENV.firestoreDatabase];
    found.set(manifest.name, {
      manifest,
      subscriptions: subscribed(topic),
      ...(called && { called }),
      ...(database && { database }),
      ...(job && { job: job.name }),
    });
  };
  for (const { spec, resource } of system.targets) add(spec, calledAt(spec, ingressOf(resource.attributes)));
  for (const { config } of system.workerPools) add(config.program);
  for (const program of jobs) add(program);
  for (const { program, url, resource } of system.images)
    add(program, url === undefined ? undefined : calledAt({ ...program, url }, ingressOf(resource.attributes)));
  return [...found.values()].sort((a, b) => (a.manifest.name < b.manifest.name ? -1 : 1));
}

const ingressOf = (attributes: Attributes): string | undefined =>
  textAt(attributes, "ingress") ?? textAt(attributes, "service_config.ingress_settings");

function calledAt(
  { name, url, environment }: Pick<TargetSpec, "name" | "url" | "environment">,
  ingress: string | undefined,
): Parking["called"] {
  // What ends in a star stands for addresses that Google chooses.
  const first = (variable: string) => environment[variable]?.split(",").find((one) => one && !one.endsWith("*"));
  const [audience, told] = [first(ENV.audience), first(ENV.callers)];
  return audience && told ? { name, url, audience, as: accountOf(told), internal: !OPEN.includes(ingress) } : undefined;
}

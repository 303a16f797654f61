import { accountOf, type Caller } from "../../contract/callers";
import type { Item } from "./landscape";
import { accountName, memberOf } from "./names";
import { readable, same, isKnown } from "./unknown";
import { collector, contractOf, type Fault, labelOf, placeIn, type World } from "./world";
import { isDefaultAccount } from "./agents";
import { isHashed, type Workload, workloadAt } from "./workloads";

/** A request that something of Google's makes to a URL. */
export interface Call {
  /** What is sent in a word: `push`, `run`, `event`. */
  readonly what: string;
  readonly from: Caller;
  readonly at: Item;
  readonly url: string;
  /** E-mail of whom its OIDC token is. */
  readonly email?: string;
  /** @default the URL */
  readonly audience?: string;
  /** Seconds the caller waits; undefined when nobody knows. */
  readonly waitsSeconds?: number;
  /** What happens when the caller stops waiting. */
  readonly impatient: string;
  /** What happens to what it carries when nobody answers. */
  readonly otherwise: string;
}

/** What a call needs to arrive, and what is wrong with it; nothing is said of targets outside the plans. */
export function walkCall(world: World, call: Call) {
  const { needs, faults, need, fault } = collector();
  const target = workloadAt(world.workloads, call.url);
  if (!target) return { needs, faults, target };
  const { at, what, email } = call;
  const name = labelOf(target.item);
  const isPublic =
    target.open ||
    world.grants
      .near(placeIn(target.name, target.item.project))
      .some(
        ({ principal, on, role }) =>
          /^all(Authenticated)?Users$/.test(principal) &&
          same(on, target.name) === "yes" &&
          role === "roles/run.invoker",
      );
  if (email === undefined) {
    if (!isPublic)
      fault({
        code: "MR4402",
        at,
        problem: `calls ${name} without a token, which lets nobody in whom it does not know: every ${what} is answered 403, and ${call.otherwise}`,
        fix: `set an oidc_token of a service account that has roles/run.invoker on ${name}`,
      });
  } else {
    if (!target.open)
      need({
        code: "MR4401",
        path: `${labelOf(at)} calls ${name} as ${readable(email)}`,
        otherwise: `every ${what} is answered 403, and ${call.otherwise}`,
        who: memberOf(email),
        action: "invoke",
        on: placeIn(target.name, target.item.project),
        at,
        before: [{ item: at, otherwise: `the first ${what} may be answered 403` }],
      });
    audienceFault(call, target)?.forEach(fault);
    callerFault(call, target)?.forEach(fault);
    excludedFault(world, target, call.from, at).forEach(fault);
    if (isDefaultAccount(email))
      fault({
        code: "MR4424",
        severity: "warning",
        at,
        problem: `calls as the default account ${readable(email)}, which every workload of the project runs as unless told otherwise`,
        fix: "give the caller a service account of its own",
        got: readable(email),
      });
  }
  if (target.internal && same(at.project, target.item.project) === "no")
    fault({
      code: "MR4404",
      severity: "warning",
      at,
      problem: `is of ${readable(at.project)}, and ${name} lets in what comes from its own project ${readable(target.item.project)}: requests of others are refused before IAM is asked`,
      fix: "open the target's ingress, or call it from its own project",
    });
  const { waitsSeconds } = call;
  if (waitsSeconds !== undefined && target.timeoutSeconds !== undefined && target.timeoutSeconds > waitsSeconds)
    fault({
      code: "MR4413",
      severity: "warning",
      at,
      problem: `waits ${waitsSeconds} s for ${name}, which may take ${target.timeoutSeconds} s${target.ownTimeout ? "" : ", Google's default"}: ${call.impatient}`,
      fix: `make it wait at least as long as the target may take, or lower the target's timeout to ${waitsSeconds} s`,
      got: `${waitsSeconds} s`,
      want: `≥ ${target.timeoutSeconds} s`,
    });
  return { needs, faults, target };
}

/** https://cloud.google.com/run/docs/authenticating/service-to-service: the service's URL, or a custom audience. */
function audienceFault({ at, url, audience, what }: Call, target: Workload) {
  const used = audience ?? url;
  if (!target.audiences || target.open) return undefined;
  const matches = target.audiences.map((one) => same(one, used));
  if (matches.includes("yes") || isHashed(used)) return undefined;
  const below = target.audiences.some((one) => used.startsWith(`${one}/`) || used.startsWith(`${one}?`));
  // Whether a front end accepts its URL with a path is not documented.
  if (!below && matches.includes("maybe")) return undefined;
  return [
    {
      code: "MR4403",
      severity: below ? "warning" : "error",
      at,
      problem: `its token is for ${readable(used)}, which is none of the audiences of ${labelOf(target.item)}${below ? " but begins with one" : `: every ${what} is answered 401`}`,
      fix: `set the audience to ${readable(target.audiences.find(isKnown) ?? target.audiences[0]!)}, or add it to the target's custom_audiences`,
      got: readable(used),
    } as const,
  ];
}

/** A contract may name what brings its handler events; the runtime of the handler refuses all others. */
export function excludedFault(world: World, target: Workload, from: string, at: Item): readonly Fault[] {
  const contract = contractOf(world, target);
  if (!contract?.callers || (contract.callers as readonly string[]).includes(from)) return [];
  const named = contract.callers.join(", ");
  const whose = at === target.item ? "its handler" : labelOf(target.item);
  return [
    {
      code: "MR4428",
      at,
      problem: `brings ${whose} events as "${from}", and contract "${contract.name}" takes those of ${named} alone: its runtime refuses them`,
      fix: `add "${from}" to the contract's callers, or take this caller away`,
      got: from,
      want: named,
    },
  ];
}

/** What the runtime of a handler of ours was told of its callers must be what the plan makes call. */
function callerFault({ at, email, audience, url, what }: Call, target: Workload) {
  const told = (name: string) => target.environment.get(name)?.split(",");
  const refuses = (list: readonly string[] | undefined, value: string) =>
    list !== undefined && list.every((one) => same(one.trim(), value) === "no");
  const used = audience ?? url;
  const wrong = [
    ...(refuses(told("MILLRACE_CALLERS")?.map(accountOf), email!) ? [["MILLRACE_CALLERS", email!] as const] : []),
    ...(refuses(told("MILLRACE_AUDIENCE"), used) ? [["MILLRACE_AUDIENCE", used] as const] : []),
  ];
  return wrong.map(
    ([variable, value]) =>
      ({
        code: "MR4425",
        at,
        problem: `${variable} of ${labelOf(target.item)} does not name ${readable(value)}: its runtime refuses every ${what}`,
        fix: `leave ${variable} to the constructs, or add ${readable(value)} to it`,
        got: readable(value),
      }) as const,
  );
}

/** The right of a service agent to make tokens of the account that calls. */
export function tokensNeed(at: Item, email: string, agent: string, how: string) {
  const account = email.split("@")[1]?.split(".")[0] ?? at.project;
  return {
    code: "MR4417",
    severity: "warning",
    path: `${labelOf(at)} ${how} as ${readable(email)}`,
    otherwise: "it gets no token of the account, where the agent is older than April 2021",
    who: memberOf(agent),
    action: "makeTokens",
    on: placeIn(accountName(email), account),
    at,
    before: [{ item: at, otherwise: "the first token may be refused" }],
  } as const;
}

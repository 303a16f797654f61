import type { Issue } from "../../contract/issue";
import { BASIC, ROLES } from "../../language/roles";
import { issue } from "../plan/issues";
import { apiOfAgent } from "./agents";
import { allows, type Grant } from "./grants";
import { textAt } from "./read-value";
import { readable, same } from "./unknown";
import { type Before, type Need, pathOf, type World } from "./world";

/** Roles of whom it is known what they are for, so that one that nobody needs can be told. */
const JUDGED: ReadonlySet<string> = new Set([...Object.values(ROLES).flat(), ...BASIC]);

/** A need and who meets it. */
export interface Judged {
  readonly need: Need;
  /** The narrowest grant that meets it; undefined when none does for certain. */
  readonly by?: Grant;
  /** Grants that may meet it, for all that is known. */
  readonly perhaps: readonly Grant[];
}

/** Looks for the grants that meet a need. */
export function judge(world: World, need: Need): Judged {
  const actions = [need.action, ...(need.others ?? [])];
  const found = world.grants.near(need.on).flatMap((grant) => {
    const answers = actions.map((action) => allows(grant, need.who, action, need.on));
    const which = answers.indexOf("yes");
    return which >= 0 || answers.includes("maybe")
      ? [{ grant, rank: which < 0 ? undefined : rankOf(grant, need, actions[which]!) }]
      : [];
  });
  const certain = found.filter(({ rank }) => rank !== undefined).sort((a, b) => a.rank! - b.rank!);
  const perhaps = found.filter(({ rank }) => rank === undefined).map(({ grant }) => grant);
  return { need, ...(certain[0] && { by: certain[0].grant }), perhaps };
}

/** The narrowest place first, then the narrowest role. */
function rankOf(grant: Grant, { on }: Need, action: Need["action"]): number {
  const place = [on.name, ...on.within].findIndex((name) => same(name, grant.on) === "yes");
  const role = (ROLES[action] as readonly string[]).indexOf(grant.role);
  const everybody = grant.principal.startsWith("all") ? 1_000 : 0;
  return everybody + place * 100 + (role < 0 ? 50 : role);
}

/** What a judged need comes to: a right that is missing, too wide, or given too late. */
export function issuesOf(world: World, { need, by, perhaps }: Judged): readonly Issue[] {
  const { code, severity = "error", at, action, who, on, path, otherwise, before = [] } = need;
  const role = ROLES[action][0];
  if (!by) {
    if (perhaps.length > 0 || !at.certain) return [];
    const elsewhere = !world.isHere(on.name);
    const lacks = elsewhere ? "has, as far as these plans say, no" : "lacks";
    const problem = `${path}, but ${readable(who)} ${lacks} ${role} on ${readable(on.name)}: ${otherwise}`;
    const fix = `grant ${role} on ${readable(on.name)} to ${readable(who)}`;
    return [issue(code, pathOf(at), problem, fix, { severity: elsewhere ? "warning" : severity })];
  }
  return [
    ...before.flatMap((one) => late(world, by, one)),
    ...(by.onProject && hasRoles(on.name) && by.condition === undefined ? [wide(need, by)] : []),
  ];
}

/** Kinds of resources without roles of their own, and buckets that Google makes itself. */
const hasRoles = (name: string): boolean =>
  !/^projects\/[^/]+$|\/databases\/|\/workflows\/|\/buckets\/gcf-v2-sources-/.test(name);

function late(world: World, by: Grant, { item, otherwise }: Before): readonly Issue[] {
  // Stacks are applied one after another, and who waits for whom is not in either.
  if (by.item.stack !== item.stack || by.principal.startsWith("all") || world.waitsFor(item, by.item)) return [];
  // A grant on what it is about cannot come first.
  if (world.waitsFor(by.item, item)) return [];
  const problem = `may be made before ${readable(by.principal)} has ${by.role} on ${readable(by.on)}: ${otherwise}`;
  return [issue("MR4442", pathOf(item), problem, `add ${pathOf(by.item)} to its depends_on`, { severity: "warning" })];
}

function wide(need: Need, by: Grant): Issue {
  const problem = `gives ${readable(by.principal)} ${by.role} on the whole of ${readable(by.on)}, and ${readable(need.on.name)} is what it needs it for`;
  const fix = `grant it on ${readable(need.on.name)} instead`;
  return issue("MR4431", pathOf(by.item), problem, fix, { severity: "warning" });
}

/** Grants that no path needs, given to somebody of whom the plans show all that he does. */
export function needless(world: World, judged: readonly Judged[]): readonly Issue[] {
  const needed = new Set(judged.flatMap(({ by, perhaps }) => [...(by ? [by] : []), ...perhaps]));
  const calls = callersOf(world);
  const runs = new Set(world.workloads.flatMap(({ identity }) => (identity === undefined ? [] : [identity])));
  return world.grants.all
    .filter((grant) => !needed.has(grant))
    .filter((grant) => {
      const email = grant.principal.replace(/^serviceAccount:/, "");
      // Google's agents do what the plan says and nothing else; so do accounts that only call.
      if (apiOfAgent(email) !== undefined) return JUDGED.has(grant.role);
      const declared = world.declared.get(grant.item.stack);
      if (declared) return !declared.some((record) => isDeclared(world, grant, record));
      // What code does is in no plan.
      return calls.has(email) && !runs.has(email) && JUDGED.has(grant.role);
    })
    .map((grant) => {
      const problem = `gives ${readable(grant.principal)} ${grant.role} on ${readable(grant.on)}, which nothing in the plan needs`;
      const fix = "remove it, or grant it by the construct it is for, with the reason";
      return issue("MR4430", pathOf(grant.item), problem, fix, { severity: "warning" });
    });
}

/** E-mails that only ever call or build: everything they do is in the plans. */
function callersOf({ items }: World): ReadonlySet<string> {
  const emails = items.flatMap((item) => CALLERS.map((path) => textAt(item.config, path)?.split("/").at(-1)));
  const triggers = items
    .filter(({ type }) => type === "google_eventarc_trigger")
    .map(({ config }) => textAt(config, "service_account")?.split("/").at(-1));
  return new Set([...emails, ...triggers].filter((email) => email !== undefined));
}

const CALLERS = [
  "push_config.oidc_token.service_account_email",
  "bigquery_config.service_account_email",
  "cloud_storage_config.service_account_email",
  "http_target.oidc_token.service_account_email",
  "http_target.oauth_token.service_account_email",
  "event_trigger.service_account_email",
  "build_config.service_account",
] as const;

type Declared = World["declared"] extends ReadonlyMap<string, readonly (infer Record)[]> ? Record : never;

/** One spelling for resources in the report of grants and in the plan. */
const spelled = (name: string): string =>
  name.replace("/functions/", "/services/").replace(/^projects\/[^/]+\/serviceAccounts\//, "serviceAccounts/");

function isDeclared(world: World, grant: Grant, record: Declared): boolean {
  const text = (value: string) => world.text(grant.item.stack, value);
  const on = same(spelled(text(record.resource)), spelled(grant.on)) !== "no";
  return (
    record.role === grant.role &&
    same(text(record.principal), grant.principal) !== "no" &&
    (on || (grant.onProject && record.condition !== undefined)) &&
    record.condition === grant.condition
  );
}

/** What was granted on purpose, by the report beside the plan, and is not in the plan. */
export function undone(world: World, stack: string, missing: readonly Need[]): readonly Issue[] {
  const text = (value: string) => world.text(stack, value);
  const keyOf = (role: string, on: string, principal: string) => [role, spelled(on), principal].join("\n");
  const own = world.grants.all.filter(({ item }) => item.stack === stack);
  const made = new Set(own.map(({ role, on, principal }) => keyOf(role, on, principal)));
  const said = ({ role, resource, principal }: Declared) =>
    missing.some(
      ({ who, action, on }) =>
        who === text(principal) &&
        (ROLES[action] as readonly string[]).includes(role) &&
        spelled(text(resource)) === spelled(on.name),
    );
  return (world.declared.get(stack) ?? [])
    .filter(({ role, resource, principal }) => !made.has(keyOf(role, text(resource), text(principal))))
    .filter((record) => !own.some((grant) => isDeclared(world, grant, record)) && !said(record))
    .map(({ principal, role, resource, reasons }) => {
      const problem = `${principal} is to have ${role} on ${resource} (${reasons.join("; ")}), and the plan does not grant it`;
      return issue("MR4432", stack, problem, "synthesize again, or grant it");
    });
}

/** Grants that let everybody in, and IAM resources that take from others what these were granted. */
export function unsafe({ grants }: World): readonly Issue[] {
  return grants.all.flatMap((grant) => {
    const path = pathOf(grant.item);
    const warning = { severity: "warning" } as const;
    const open = /^all(Authenticated)?Users$/.test(grant.principal);
    const others = grant.owns
      ? grants.all.filter(
          (one) => one.item !== grant.item && one.role === grant.role && same(one.on, grant.on) === "yes",
        )
      : [];
    const problem = `owns ${grant.role} on ${readable(grant.on)} and takes it from ${others[0] ? readable(others[0].principal) : ""}, whom ${others[0] ? pathOf(others[0].item) : ""} gives it`;
    return [
      ...(open
        ? [
            issue(
              "MR4433",
              path,
              `gives ${grant.role} on ${readable(grant.on)} to ${grant.principal}, that is to anybody`,
              "grant it to the account that calls, and let the caller send a token",
              warning,
            ),
          ]
        : []),
      ...(others.length > 0 ? [issue("MR4434", path, problem, "use `_iam_member` resources for both", {})] : []),
    ];
  });
}

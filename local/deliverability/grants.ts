import { type Action, BASIC, ROLES } from "../../language/roles";
import type { Item, Landscape } from "./landscape";
import { grantedOn, isOnProject } from "./names";
import { hasAt, textAt, textsAt } from "./read-value";
import { isKnown, same, type Sameness } from "./unknown";

/** One member, one role, one resource. */
export interface Grant {
  readonly item: Item;
  /** `serviceAccount:orders@p.iam.gserviceaccount.com` */
  readonly principal: string;
  readonly role: string;
  /** Full name of the resource, or `projects/P`. */
  readonly on: string;
  readonly onProject: boolean;
  /** CEL. */
  readonly condition?: string;
  /** Whether the resource takes the role from everybody it does not name. */
  readonly owns: boolean;
}

/** Every grant of the plans. */
export function grantsOf({ items }: Landscape): readonly Grant[] {
  return items.flatMap((item) => {
    const granted = grantedOn(item);
    if (!granted) return [];
    const members = granted.kind === "member" ? [textAt(item.config, "member") ?? ""] : textsAt(item.config, "members");
    const condition = textAt(item.config, "condition.expression");
    const common = {
      item,
      role: textAt(item.config, "role") ?? "",
      on: granted.on,
      onProject: isOnProject(granted.on),
      owns: granted.kind === "binding",
      ...(condition !== undefined && { condition }),
      // One that nobody knows may hold or not.
      ...(hasAt(item.config, "condition") !== false && condition === undefined && { condition: "" }),
    };
    // Nobody knows whom an open list names: it may be anybody.
    return (members ?? ["\uE000members\uE001"]).map((principal) => ({ ...common, principal }));
  });
}

/** Grants by what they are on, so that a plan of thousands is walked in no more than a few seconds. */
export interface GrantBook {
  readonly all: readonly Grant[];
  /** Those that could be on a place or on what it is within. */
  readonly near: (place: Place) => readonly Grant[];
}

export function bookOf(all: readonly Grant[]): GrantBook {
  const on = new Map<string, Grant[]>();
  const anywhere: Grant[] = [];
  for (const grant of all)
    if (!isKnown(grant.on)) anywhere.push(grant);
    else if (on.has(grant.on)) on.get(grant.on)!.push(grant);
    else on.set(grant.on, [grant]);
  return {
    all,
    near({ name, within }) {
      const names = [name, ...within];
      return names.every(isKnown) ? [...names.flatMap((one) => on.get(one) ?? []), ...anywhere] : all;
    },
  };
}

/** A place where a role may be given: the resource, and what holds it. */
export interface Place {
  readonly name: string;
  /** From the inside to the outside: a dataset, the project. */
  readonly within: readonly string[];
}

/** Whether a grant gives somebody leave to do something somewhere. */
export function allows(grant: Grant, who: string, action: Action, place: Place): Sameness {
  const roles: readonly string[] = ROLES[action];
  const role = !isKnown(grant.role) || roles.includes(grant.role) || (grant.onProject && BASIC.includes(grant.role));
  if (!role && !grant.role.startsWith("projects/") && !grant.role.startsWith("organizations/")) return "no";
  // What a role of one's own gives is not in the plan.
  const certain = role && isKnown(grant.role) ? "yes" : "maybe";
  const where = [place.name, ...place.within].map((name) => same(grant.on, name));
  const on = where.includes("yes") ? "yes" : where.includes("maybe") ? "maybe" : "no";
  return all(certain, principalIs(grant.principal, who), on, holds(grant.condition, place));
}

const principalIs = (principal: string, who: string): Sameness =>
  principal === "allUsers" || principal === "allAuthenticatedUsers" ? "yes" : same(principal, who);

const all = (...parts: readonly Sameness[]): Sameness =>
  parts.includes("no") ? "no" : parts.includes("maybe") ? "maybe" : "yes";

/** Whether a condition lets a grant count for a resource; most are not understood here. */
function holds(condition: string | undefined, place: Place): Sameness {
  if (condition === undefined) return "yes";
  const parts = condition.split(" && ");
  if (parts.length > 1) return all(...parts.map((part) => holds(part, place)));
  // The service of a resource follows from its name.
  if (/^resource\.service == "[^"]+"$/.test(condition)) return "yes";
  const [, equals] = /^resource\.name == "([^"]+)"$/.exec(condition) ?? [];
  const [, starts] = /^resource\.name\.startsWith\("([^"]+)"\)$/.exec(condition) ?? [];
  if (equals !== undefined) return same(place.name, equals);
  if (starts !== undefined) return place.name.startsWith(starts) ? "yes" : "no";
  return "maybe";
}

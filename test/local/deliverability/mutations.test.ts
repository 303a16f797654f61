import { renderIssue } from "../../../contract/issue";
import { EXAMPLES, synthesizeExample } from "../../support/examples";
import type { Attributes } from "../../support/synth";
import { type Breakable, issuesOf, jsonOf, pathsOf, resourcesOf, type Subject, subjectOf } from "./plans";

const examples = EXAMPLES.map((name) => {
  const { stacks, outdir } = synthesizeExample(name);
  return stacks.map((stack) => subjectOf(outdir, stack));
});

type Resource = readonly [type: string, name: string, body: Attributes];
type Change = (json: Breakable) => void;

const addressOf = ([type, name]: Resource) => `${type}.${name}`;
const MEMBER = /_iam_member$/;
const AGENT = /^serviceAccount:(service|bq)-/;

/** Changes that are made in turn, each to a fresh copy; those after which nothing of the codes is said. */
const silentAmong = (subject: Subject, changes: readonly (readonly [string, Change])[], codes?: readonly string[]) =>
  changes
    .filter(([, change]) => !issuesOf(subject, change).some(({ code }) => codes === undefined || codes.includes(code)))
    .map(([what]) => what);

/** Changes one resource. */
const at =
  ([type, name]: Resource, change: (body: Breakable) => void): Change =>
  (json) =>
    change(json["resource"][type][name] as Breakable);

const without =
  ([type, name]: Resource): Change =>
  (json) =>
    delete json["resource"][type][name];

describe.each(examples.flat())("the plan of $name", (subject) => {
  const grants = resourcesOf(jsonOf(subject), MEMBER);

  it("delivers, and grants nothing in vain", () => {
    expect(issuesOf(subject).map(renderIssue)).toEqual([]);
  });

  it("speaks when any single grant is taken away", () => {
    const silent = grants.filter(
      (grant) => !issuesOf(subject, without(grant)).some(({ code }) => code !== "MR4442" && code !== "MR4430"),
    );
    expect(grants.length).toBeGreaterThan(10);
    expect(silent.map(addressOf)).toEqual([]);
  });

  it("speaks from what the plan itself shows, but of what code alone needs", () => {
    const bare = { ...subject, declared: new Map() };
    const silent = grants.filter((grant) => {
      const role = String(grant[2]["role"]);
      return !issuesOf(bare, without(grant)).some(({ code, problem }) => code !== "MR4442" && problem.includes(role));
    });
    // What a person, a group, or the code of a handler or of a workflow does is in no plan.
    const needed = new Set(pathsOf(subject).map(({ grantedBy }) => grantedBy));
    const shown = silent.filter(([, , body]) => needed.has(body["//"].metadata.path) || AGENT.test(body["member"]));
    expect(shown.map(addressOf)).toEqual([]);
    expect(silent.length).toBeLessThan(grants.length / 3);
  });

  it("speaks of every grant that is added", () => {
    const added = extraGrants(grants);
    const issues = issuesOf(subject, (changed) => {
      for (const [type, name, body] of added) (changed["resource"][type] ??= {})[name] = body;
    });
    const spoken = new Set(issues.filter(({ code }) => code === "MR4430").map(({ path }) => path));
    expect(added.length).toBeGreaterThan(grants.length);
    expect(added.map(addressOf).filter((address) => !spoken.has(`${subject.name}/${address}`))).toEqual([]);
  });
});

// Environments differ in sizes and names; one of each example will do for what costs a check per line.
describe.each(examples.map(([first]) => first!))("the plan of $name", (subject) => {
  const json = jsonOf(subject);
  const subscriptions = resourcesOf(json, /^google_pubsub_subscription$/);
  const pushed = subscriptions.filter(([, , body]) => body["push_config"]);

  it("speaks when an API is not enabled", () => {
    const services = resourcesOf(json, /^google_project_service$/);
    expect(
      silentAmong(
        subject,
        services.map((one) => [addressOf(one), without(one)] as const),
        ["MR4440"],
      ),
    ).toEqual([]);
  });

  it("speaks of deadlines that no longer agree", () => {
    const shorter = pushed.map(
      (one) => [addressOf(one), at(one, (body) => (body["ack_deadline_seconds"] -= 1))] as const,
    );
    expect(silentAmong(subject, shorter, ["MR4413"])).toEqual([]);
    expect(silentAmong(subject, shorter, ["MR4425"])).toEqual([]);
    const pushedTo = JSON.stringify(pushed);
    const services = resourcesOf(json, /^google_cloud_run_v2_service$/).filter(([, name]) =>
      pushedTo.includes(`${name}.uri`),
    );
    const longer = services.map(
      (one) => [addressOf(one), at(one, (body) => (body["template"].timeout = "3600s"))] as const,
    );
    expect(silentAmong(subject, longer, ["MR4413"])).toEqual([]);
  });

  it("speaks of a token for somebody else, of nobody, or of an unknown caller", () => {
    const push = (change: (config: Breakable) => void) =>
      pushed.map((one) => [addressOf(one), at(one, (body) => change(body["push_config"]))] as const);
    expect(
      silentAmong(
        subject,
        push(({ oidc_token: token }) => (token.audience = "https://a.example.com")),
        ["MR4403"],
      ),
    ).toEqual([]);
    expect(
      silentAmong(
        subject,
        push((config) => delete config["oidc_token"]),
        ["MR4402"],
      ),
    ).toEqual([]);
    const other = push(({ oidc_token: token }) => (token.service_account_email = "else@acme.iam.gserviceaccount.com"));
    expect(silentAmong(subject, other, ["MR4401"])).toEqual([]);
    expect(silentAmong(subject, other, ["MR4425"])).toEqual([]);
  });

  it("speaks of dead letters that go nowhere, come back, or are not kept", () => {
    const dying = subscriptions.filter(([, , body]) => body["dead_letter_policy"]);
    const change = (with_: (body: Breakable) => void) => dying.map((one) => [addressOf(one), at(one, with_)] as const);
    expect(
      silentAmong(
        subject,
        change((body) => delete body["dead_letter_policy"]),
        ["MR4411"],
      ),
    ).toEqual([]);
    // Then Pub/Sub's two grants are good for nothing.
    expect(
      silentAmong(
        subject,
        change((body) => delete body["dead_letter_policy"]),
        ["MR4430"],
      ),
    ).toEqual([]);
    const loop = change((body) => (body["dead_letter_policy"].dead_letter_topic = body["topic"]));
    expect(silentAmong(subject, loop, ["MR4408"])).toEqual([]);
    expect(
      silentAmong(
        subject,
        change((body) => delete body["retry_policy"]),
        ["MR4412"],
      ),
    ).toEqual([]);

    const keepers = subscriptions.filter(([, , body]) => !body["dead_letter_policy"]);
    const kept = (with_: (body: Breakable) => void) => keepers.map((one) => [addressOf(one), at(one, with_)] as const);
    expect(
      silentAmong(
        subject,
        keepers.map((one) => [addressOf(one), without(one)] as const),
        ["MR4407"],
      ),
    ).toEqual([]);
    expect(
      silentAmong(
        subject,
        kept((body) => (body["message_retention_duration"] = "86400s")),
        ["MR4409"],
      ),
    ).toEqual([]);
    expect(
      silentAmong(
        subject,
        kept((body) => delete body["expiration_policy"]),
        ["MR4410"],
      ),
    ).toEqual([]);
  });
});

// Other examples have sources, which wait for more than they need: until everything behind them can take an event.
describe("the plan of webhooks-dev", () => {
  const subject = examples.flat().find(({ name }) => name === "webhooks-dev")!;
  const json = jsonOf(subject);

  it("speaks when something no longer waits for what it needs", () => {
    const waiting = resourcesOf(json, /./).flatMap((resource) =>
      ((resource[2]["depends_on"] ?? []) as readonly string[]).map((on) => [resource, on] as const),
    );
    // Alarms wait for the counters that they watch, and no event for either.
    const watches = ([type]: (typeof waiting)[number][0], on: string) =>
      type === "google_monitoring_alert_policy" || on.startsWith("google_logging_metric.");
    const cuts = waiting
      .filter(([resource, on]) => !waitsAnyway(json, resource, on) && !watches(resource, on))
      .map(([resource, on]) => {
        const cut = at(resource, (body) => {
          body["depends_on"] = (body["depends_on"] as string[]).filter((one) => one !== on);
        });
        return [`${addressOf(resource)} → ${on}`, cut] as const;
      });
    expect(cuts.length).toBeGreaterThan(20);
    expect(silentAmong(subject, cuts, ["MR4441", "MR4442", "MR4443", "MR4444"])).toEqual([]);
  });
});

/** Grants that look as if they belonged: the same to somebody else, on the whole project, and more of it. */
function extraGrants(grants: readonly Resource[]): readonly Resource[] {
  const broader: Readonly<Record<string, string>> = {
    "roles/pubsub.publisher": "roles/pubsub.editor",
    "roles/pubsub.subscriber": "roles/pubsub.admin",
    "roles/run.invoker": "roles/run.admin",
    "roles/storage.objectViewer": "roles/storage.objectAdmin",
    "roles/artifactregistry.writer": "roles/artifactregistry.admin",
  };
  const holds = new Set(grants.map(([type, , body]) => keyOf(type, body)));
  const members = [...new Set(grants.map(([, , { member }]) => String(member)))];
  return grants.flatMap(([type, name, body]) => {
    const { "//": _comment, ...rest } = body;
    const { role, member, depends_on: dependsOn } = rest;
    const more = broader[String(role)];
    const onProject = {
      project: "${google_project_service.Apis_iam_B1D7C003.project}",
      role,
      member,
      depends_on: dependsOn,
    };
    const others = members
      .map((other, index): Resource => [type, `${name}-${index}`, { ...rest, member: other }])
      .filter(([, , extra]) => !holds.has(keyOf(type, extra)));
    return [
      ...others.slice(0, 2),
      ...(type === "google_project_iam_member"
        ? []
        : [["google_project_iam_member", `${name}-project`, onProject] as const]),
      ...(more === undefined ? [] : [[type, `${name}-more`, { ...rest, role: more }] as const]),
    ];
  });
}

const keyOf = (type: string, { "//": _comment, depends_on: _order, ...body }: Attributes): string =>
  JSON.stringify([type, Object.entries(body).sort(([a], [b]) => (a < b ? -1 : 1))]);

/** Whether a resource would wait for another one without saying so in its own `depends_on`. */
function waitsAnyway(json: Attributes, [type, name, body]: Resource, on: string): boolean {
  const resources = new Map(resourcesOf(json, /./).map((one) => [addressOf(one), one[2]]));
  const needs = (
    { "//": _comment, depends_on: named = [], ...rest }: Attributes,
    except?: string,
  ): readonly string[] => [
    ...(named as readonly string[]).filter((one) => one !== except),
    ...[...JSON.stringify(rest).matchAll(/\$\{([a-z]\w+\.[\w-]+)/g)].map(([, address]) => address!),
  ];
  const seen = new Set<string>([`${type}.${name}`]);
  const open = [...needs(body, on)];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === on) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    const resource = resources.get(next);
    if (resource) open.push(...needs(resource));
  }
  return false;
}

import { renderIssue } from "../../contract/issue";
import { readEnvironment } from "../../stacks/read-environment";

const GOOD = `project:
  id: acme-dev
  number: "123456789012"
region: europe-west1
state:
  bucket: acme-state
`;

const WORKLOADS = { PullRequests: "function", Pushes: "service" } as const;
const read = (text: string, name = "dev") => readEnvironment(text, `environments/${name}.yaml`, name, WORKLOADS);
const issuesIn = (text: string, name?: string) => {
  const { environment, issues } = read(text, name);
  expect(environment === undefined).toBe(issues.some(({ severity }) => severity === "error"));
  return issues;
};
/** `code line:column problem`, as short as a test can show it. */
const shown = (text: string, name?: string) =>
  issuesIn(text, name).map(({ code, path, problem }) => `${code} ${path.split(":").slice(1).join(":")} ${problem}`);

describe("an environment file", () => {
  it("fills in what has a default", () => {
    expect(read(GOOD)).toEqual({
      issues: [],
      environment: {
        name: "dev",
        project: { id: "acme-dev", number: "123456789012" },
        region: "europe-west1",
        labels: {},
        state: { bucket: "acme-state" },
        deletionProtection: true,
        alerts: { emails: [] },
        monitoring: { alarms: true, dashboard: true },
        sizes: { function: {}, service: {} },
        overrides: {},
      },
    });
  });

  it("takes the project's number with or without quotes", () => {
    expect(read(GOOD.replace('"123456789012"', "123456789012")).environment!.project.number).toBe("123456789012");
  });

  it("may use anchors", () => {
    const { environment, issues } = read(`${GOOD}sizes:\n  function: &small { cpu: 1 }\n  service: *small\n`);
    expect(issues).toEqual([]);
    expect(environment!.sizes.service).toEqual({ cpu: 1 });
  });
});

describe("a fault in an environment file", () => {
  it("is reported together with all others, by line", () => {
    const text = `project:
  id: Acme
regoin: europe-west1
labels: { Team: events, cost: "a b" }
state:
  bucket: acme-state
  bukcet: other
sizes:
  function: { memory: 512MB, cpu: fast }
  servcie: {}
alerts: { emails: [nobody] }
`;
    expect(shown(text)).toEqual([
      'MR2005 1:1 "project.number" is missing: number of the same project; its service agents are named after it',
      'MR2005 1:1 "region" is missing: region of everything that has one, for example europe-west1',
      'MR2006 2:3 "project.id" is "Acme", wanted id of the Google Cloud project, 6–30 lower-case letters, digits and hyphens',
      'MR2004 3:1 "regoin" is not a key of an environment',
      'MR2006 4:11 the key "labels.Team" is not accepted, wanted /^[a-z][a-z0-9_-]{0,62}$/',
      'MR2006 4:25 "labels.cost" is "a b", wanted /^[a-z0-9_-]{0,63}$/',
      'MR2004 7:3 "state.bukcet" is not a key of an environment',
      'MR2006 9:15 "sizes.function.memory" is "512MB", wanted memory of one instance, 128Mi–32Gi',
      'MR2006 9:30 "sizes.function.cpu" is "fast", wanted vCPUs of one instance: 0.08–1, 2, 4, 6 or 8',
      'MR2004 10:3 "sizes.servcie" is not a key of an environment',
      'MR2006 11:20 "alerts.emails.0" is "nobody", wanted an e-mail address',
    ]);
  });

  it("names the key that was probably meant", () => {
    expect(issuesIn(`${GOOD}lables: {}\n`).map(renderIssue)).toEqual([
      'MR2004 environments/dev.yaml:7:1: "lables" is not a key of an environment. did you mean "labels"? docs/errors.md#mr2004',
    ]);
    expect(issuesIn(`${GOOD}budget: 3\n`)[0]).toMatchObject({
      fix: expect.stringMatching(/^use one of project, region,/),
    });
  });

  it("in the syntax is reported where it is, alone", () => {
    expect(shown(`${GOOD}labels: [1,\nprefix: x\n`)).toEqual([expect.stringMatching(/^MR2002 8:1 flow sequence/)]);
    expect(shown(`region:\n\tx: 1\n`)).toEqual(["MR2002 2:1 tabs are not allowed as indentation"]);
    expect(shown(`${GOOD}---\n${GOOD}`)).toEqual(["MR2002 7:1 the file holds several documents"]);
  });

  it("that is a key given twice does not hide the others", () => {
    expect(shown(`${GOOD}region: europe-west2\nbudget: 3\n`)).toEqual([
      "MR2003 7:1 a key of the map is given twice",
      'MR2004 8:1 "budget" is not a key of an environment',
    ]);
  });

  it.each([
    ["an empty file", "", '"project" is missing'],
    ["a list", "- project\n", "the file is"],
    ["a scalar", "dev\n", "the file is"],
  ])("is %s", (_, text, problem) => {
    expect(issuesIn(text)[0]!.problem).toContain(problem);
  });
});

describe("rules over a whole environment", () => {
  it("want a state bucket everywhere but on this machine", () => {
    const stateless = GOOD.replace(/state:\n.*\n/, "");
    expect(shown(stateless)).toEqual(['MR2008 1:1 environment "dev" names no bucket for Terraform\'s state']);
    expect(shown(stateless, "local")).toEqual([]);
    expect(shown(GOOD, "local")).toEqual([
      'MR2006 5:1 "state" names a bucket, but the local environment keeps its state in a file of this machine',
    ]);
  });

  it("warn of a region they do not know", () => {
    const issues = issuesIn(GOOD.replace("europe-west1", "europe-wset1"));
    expect(issues).toMatchObject([{ code: "MR2011", severity: "warning", want: "europe-west1" }]);
  });

  it("know the workloads that can be overridden", () => {
    expect(issuesIn(`${GOOD}overrides:\n  Pullrequests: { cpu: 2 }\n`)).toMatchObject([
      { code: "MR2007", path: "environments/dev.yaml:8:3", fix: 'did you mean "PullRequests"?' },
    ]);
    expect(issuesIn(`${GOOD}overrides:\n  Billing: { cpu: 2 }\n`)[0]!.fix).toBe("use one of PullRequests, Pushes");
    expect(readEnvironment(`${GOOD}overrides:\n  Billing: { cpu: 2 }\n`, "e.yaml", "dev").issues).toEqual([]);
  });

  it("compare fewest and most instances, an override together with what it overrides", () => {
    const sizes = "sizes:\n  function: { minInstances: 3, maxInstances: 2 }\n  service: { maxInstances: 2 }\n";
    expect(shown(`${GOOD}${sizes}overrides:\n  Pushes: { minInstances: 5 }\n`)).toEqual([
      'MR2009 8:3 "sizes.function" keeps at least 3 instances and at most 2',
      'MR2009 11:3 "overrides.Pushes" keeps at least 5 instances and at most 2',
    ]);
  });
});

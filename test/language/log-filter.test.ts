import { auditFilter } from "../../constructs/logging/filter";
import { matchesLog, parseLogFilter } from "../../language/log-filter";

const entry = {
  logName: "projects/p/logs/cloudaudit.googleapis.com%2Fdata_access",
  severity: "NOTICE",
  insertId: "x1",
  timestamp: "2026-11-29T10:00:00Z",
  resource: { type: "gcs_bucket", labels: { bucket_name: "in", location: "europe-west1" } },
  protoPayload: {
    serviceName: "storage.googleapis.com",
    methodName: "storage.objects.create",
    resourceName: "projects/_/buckets/in/objects/a.csv",
    authenticationInfo: { principalEmail: "me@example.com" },
    authorizationInfo: [{ permission: "storage.objects.create" }, { permission: "storage.objects.delete" }],
    status: {},
  },
};
const fits = (text: string) => {
  const parsed = parseLogFilter(text);
  if (!parsed.ok) throw new Error(`${parsed.message} at ${parsed.offset}`);
  return matchesLog(parsed.filter, entry);
};

it.each([
  ['protoPayload.methodName = "storage.objects.create"', true],
  ['protoPayload.methodName="STORAGE.objects.create"', true],
  ['protoPayload.methodName != "storage.objects.create"', false],
  ["protoPayload.methodName : objects", true],
  ['protoPayload.methodName =~ "^storage\\\\.objects\\\\.(create|delete)$"', true],
  ['protoPayload.methodName =~ "^STORAGE"', false],
  ['protoPayload.methodName !~ "delete"', true],
  ["protoPayload.authorizationInfo.permission = storage.objects.delete", true],
  ["severity >= INFO", true],
  ["severity > NOTICE", false],
  ["severity = (ERROR OR NOTICE)", true],
  ['timestamp >= "2026-11-29T09:00:00Z"', true],
  ["protoPayload.status.code > 0", false],
  ["NOT protoPayload.status.code > 0", true],
  ["-protoPayload.status.code > 0", true],
  ["protoPayload.nothing = 1", false],
  ["protoPayload.nothing != 1", true],
  ["insert_id = x1", true],
  ["resource.labels.bucket_name : *", true],
  ['log_id("cloudaudit.googleapis.com/data_access")', true],
  ['log_id("cloudaudit.googleapis.com/activity")', false],
  ["me@example.com", true],
  ["nobody@example.com", false],
  // NOT before OR before AND.
  ["severity = ERROR OR severity = NOTICE AND insertId = x1", true],
  ["severity = NOTICE OR severity = ERROR AND insertId = x2", false],
  ["severity = NOTICE OR (severity = ERROR AND insertId = x2)", true],
  ["severity = NOTICE insertId = x1", true],
  ["severity = NOTICE -- a comment\ninsertId = x2", false],
])("%s: %s", (text, expected) => {
  expect(fits(text)).toBe(expected);
});

it.each([
  ["", /empty/, 0],
  ["a = ", /value/, 4],
  ["(a = 1", /not closed/, 0],
  ["a = 1)", /not opened/, 5],
  ['a = "b', /no end/, 4],
  ["sample(insertId, 0.1)", /sample is not understood/, 0],
  ['a =~ "("', /regular expression/, 5],
])("%j is refused", (text, message, offset) => {
  const parsed = parseLogFilter(text);
  expect(parsed).toEqual({ ok: false, message: expect.stringMatching(message), offset });
});

it("understands what pipelines ask for", () => {
  const base = { service: "storage.googleapis.com", method: "storage.objects.create" };
  expect(fits(auditFilter(base))).toBe(true);
  expect(fits(auditFilter({ ...base, resourcePrefix: "projects/_/buckets/in/", principal: "me@example.com" }))).toBe(
    true,
  );
  expect(fits(auditFilter({ ...base, resourcePrefix: "projects/_/buckets/i.n/" }))).toBe(false);
  expect(fits(auditFilter({ ...base, method: "storage.objects.delete" }))).toBe(false);
  expect(fits(auditFilter({ ...base, where: "severity >= ERROR" }))).toBe(false);
});

import { allows } from "../../../local/deliverability/grants";
import { membersOf } from "../../../local/engine/grants";

const ON = "projects/demo-project";
const MEMBER = "serviceAccount:a@demo-project.iam.gserviceaccount.com";
const may = (action: Parameters<typeof membersOf>[1], role: string) =>
  membersOf([{ on: ON, role, member: MEMBER }], action, `${ON}/locations/europe-west1/services/charge`);

describe("a role of Google's", () => {
  // Permissions of the roles as Google publishes them: https://cloud.google.com/iam/docs/roles-permissions
  it.each([
    ["invoke", "roles/run.invoker", true],
    ["invoke", "roles/run.developer", true],
    ["invoke", "roles/run.admin", true],
    ["invoke", "roles/run.viewer", false],
    ["invoke", "roles/run.jobsExecutor", false],
    ["runJob", "roles/run.invoker", true],
    ["runJobWithOverrides", "roles/run.invoker", false],
    ["receiveEvents", "roles/eventarc.eventReceiver", true],
    ["receiveEvents", "roles/eventarc.admin", true],
    ["receiveEvents", "roles/eventarc.developer", false],
    ["receiveEvents", "roles/eventarc.serviceAgent", false],
  ] as const)("lets do to %s, %s: %s, to the engine as to the checker of plans", (action, role, expected) => {
    expect(may(action, role)).toEqual(expected ? [MEMBER] : []);
    const place = { name: ON, within: [] };
    const grant = { item: undefined as never, principal: MEMBER, role, on: ON, onProject: true, owns: false };
    expect(allows(grant, MEMBER, action, place)).toBe(expected ? "yes" : "no");
  });
});

import * as fc from "fast-check";
import { principal, ServiceAccount } from "../../../constructs/core";
import { codesOf, plan, testStack } from "../../support/synth";

describe("a service account", () => {
  it("has an e-mail known at synth and a reference that makes Terraform wait", () => {
    const account = new ServiceAccount(testStack(), "Push");
    expect(account.email).toBe("web-dev-push@acme-dev.iam.gserviceaccount.com");
    expect(account.principal).toBe(`serviceAccount:${account.email}`);
    expect(account.emailReference).toContain("TfToken");
  });

  it("writes a project id with a domain the way e-mails do", () => {
    const account = new ServiceAccount(testStack({ project: { id: "example.com:acme", number: "1" } }), "Push");
    expect(account.email).toBe("web-dev-push@acme.example.com.iam.gserviceaccount.com");
  });

  it("fits into 30 characters whatever it is called, and two names stay two", () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,60}$/);
    fc.assert(
      fc.property(name, name, (a, b) => {
        const [one, two] = [a, b].map((name) => new ServiceAccount(testStack(), "A", { name }).email.split("@")[0]!);
        expect(one!.length).toBeLessThanOrEqual(30);
        expect(one === two).toBe(a === b);
      }),
      { numRuns: 50 },
    );
  });

  it("is reported when its name is illegal", () => {
    expect(codesOf((stack) => new ServiceAccount(stack, "A", { name: "Push!" }))).toEqual(["MR1010"]);
  });

  it("that exists already can be granted on and granted to", () => {
    const { one } = plan((stack) => {
      const account = ServiceAccount.fromExisting(stack, "Existing", "ci@acme-dev.iam.gserviceaccount.com");
      account.grantActAs(principal("group:ops@example.com"));
      new ServiceAccount(stack, "Push").grantTokenCreator(account);
    });
    expect(one("google_service_account_iam_member", { role: "roles/iam.serviceAccountUser" })).toMatchObject({
      service_account_id: "projects/-/serviceAccounts/ci@acme-dev.iam.gserviceaccount.com",
    });
    expect(one("google_service_account_iam_member", { role: "roles/iam.serviceAccountTokenCreator" })).toMatchObject({
      member: "serviceAccount:ci@acme-dev.iam.gserviceaccount.com",
    });
  });
});

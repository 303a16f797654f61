import {
  FirestoreDatabase,
  grantsOf,
  type IFirestoreDatabase,
  MillraceStack,
  ServiceAccount,
} from "../../../constructs";
import { findingsOf } from "../../../constructs/core";
import { codesOf, plan, planOf, STACK, testApp, testStack } from "../../support/synth";

describe("a Firestore database", () => {
  it("is told how to be shared when another stack of the project makes it too", () => {
    const app = testApp();
    new FirestoreDatabase(new MillraceStack(app, { ...STACK, app: "first" }), "Store");
    const second = new MillraceStack(app, { ...STACK, app: "second" });
    new FirestoreDatabase(second, "Store");
    expect(findingsOf(second).errors).toMatchObject([
      { code: "MR1011", path: "second-dev/Store", fix: expect.stringContaining("FirestoreDatabase.fromExisting") },
    ]);
  });

  it("is the default one, in native mode, in the stack's region", () => {
    const { one } = plan((stack) => new FirestoreDatabase(stack, "Store"));
    expect(one("google_firestore_database")).toMatchObject({
      name: "(default)",
      location_id: "europe-west1",
      type: "FIRESTORE_NATIVE",
      delete_protection_state: "DELETE_PROTECTION_ENABLED",
      deletion_policy: "DELETE",
    });
  });

  it("can be destroyed where the stack allows it", () => {
    const { one } = plan((stack) => new FirestoreDatabase(stack, "Store", { pointInTimeRecovery: true }), {
      deletionProtection: false,
    });
    expect(one("google_firestore_database")).toMatchObject({
      delete_protection_state: "DELETE_PROTECTION_DISABLED",
      point_in_time_recovery_enablement: "POINT_IN_TIME_RECOVERY_ENABLED",
    });
  });

  it("removes documents whose time is up, by a field without an index", () => {
    const { one, address } = plan((stack) =>
      new FirestoreDatabase(stack, "Store").expireDocuments("millrace-records", "expireAt"),
    );
    expect(one("google_firestore_field")).toMatchObject({
      database: `\${${address("google_firestore_database")}.name}`,
      collection: "millrace-records",
      field: "expireAt",
      ttl_config: {},
      index_config: {},
    });
  });

  it("takes one such field for a collection, however often it is asked", () => {
    const expire = (...fields: string[]) =>
      codesOf((stack) => {
        const store = new FirestoreDatabase(stack, "Store");
        for (const field of fields) store.expireDocuments("records", field);
      });
    expect(expire("expireAt", "expireAt")).toEqual([]);
    expect(expire("expireAt", "endsAt")).toEqual(["MR1602"]);
  });

  it("is granted on the project, narrowed to the database, with the reason why", () => {
    const stack = testStack();
    new FirestoreDatabase(stack, "Store").grantReadWrite(new ServiceAccount(stack, "Handler"), "keeps records");
    expect(planOf(stack).all("google_project_iam_member")).toMatchObject([
      {
        role: "roles/datastore.user",
        condition: {
          title: "this-database",
          expression: 'resource.name == "projects/acme-dev/databases/(default)"',
        },
      },
    ]);
    expect(grantsOf(stack)).toMatchObject([
      {
        resource: "projects/acme-dev/databases/(default)",
        reasons: ["keeps records"],
        because: "Firestore has no roles on a database; a condition narrows the grant to this one",
      },
    ]);
  });

  it("made elsewhere can be granted on and expired in", () => {
    const { one } = plan((stack) => {
      const store: IFirestoreDatabase = FirestoreDatabase.fromExisting(
        stack,
        "Store",
        "projects/acme-dev/databases/main",
      );
      store.grantReadWrite(new ServiceAccount(stack, "Handler"));
      store.expireDocuments("records", "expireAt");
    });
    expect(one("google_firestore_field")["database"]).toBe("main");
  });

  it.each([
    "x",
    "Main",
    "0main",
    "main-",
    "01234567-89ab-cdef-0123-456789abcdef",
    "a1234567-89ab-cdef-0123-456789abcdef",
  ])("cannot be called %s", (databaseId) => {
    expect(codesOf((stack) => new FirestoreDatabase(stack, "Store", { databaseId }))).toEqual(["MR1601"]);
  });
});

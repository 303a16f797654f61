import {
  DataflowJob,
  type DataflowJobProps,
  googleTemplate,
  type MillraceStack,
  type UpdateStrategy,
} from "../../../constructs";
import { type Attributes, plan } from "../../support/synth";
import { describeWithTerraform } from "../../support/terraform";
import { type Workspace, workspace } from "../../support/terraform-run";

const given = {
  inputSubscription: "projects/acme-dev/subscriptions/orders",
  outputTableSpec: "acme-dev:orders.lines",
  outputDeadletterTable: "acme-dev:orders.failed",
} as const;
const udf = {
  javascriptTextTransformGcsPath: "gs://code/udf.js",
  javascriptTextTransformFunctionName: "clean",
} as const;

const TYPES = {
  classic: ["google_dataflow_job", "PubSub_Subscription_to_BigQuery"],
  flex: ["google_dataflow_flex_template_job", "PubSub_to_BigQuery_Flex"],
} as const;

type Form = keyof typeof TYPES;

const document = (form: Form, props: Partial<DataflowJobProps>): Attributes =>
  plan(
    (stack: MillraceStack) =>
      new DataflowJob(stack, "Lines", {
        template: googleTemplate(TYPES[form][1], { ...given, ...udf }),
        network: { publicAddresses: true },
        ...props,
      }),
    { deletionProtection: false },
  ).json;

const otherTable = (form: Form) =>
  googleTemplate(TYPES[form][1], { ...given, ...udf, outputTableSpec: "acme-dev:orders.others" });
const otherGraph = (form: Form) => googleTemplate(TYPES[form][1], given);

interface Change {
  readonly address: string;
  readonly type: string;
  readonly change: { readonly actions: readonly string[] };
}

describeWithTerraform("a streaming job that is changed", () => {
  /** What Terraform would do with the job, or why it refuses. */
  async function verdict(here: Workspace, form: Form, props: Partial<DataflowJobProps>): Promise<string> {
    here.write(document(form, props));
    const { code, text } = await here.terraform("plan", "-input=false", "-no-color", "-out=plan");
    if (code !== 0) return /MR\d{4} [^:]+/.exec(text)?.[0] ?? text.slice(0, 400);
    const shown = await here.plan();
    const changes = shown["resource_changes"] as readonly Change[];
    return changes.find(({ type }) => type === TYPES[form][0])!.change.actions.join(", ");
  }

  async function applied(form: Form, updateStrategy: UpdateStrategy): Promise<Workspace> {
    const here = await workspace(document(form, { updateStrategy }));
    expect((await here.terraform("init", "-input=false", "-no-color")).text).toContain("successfully initialized");
    expect(await here.terraform("apply", "-auto-approve", "-input=false", "-no-color")).toMatchObject({ code: 0 });
    return here;
  }

  it.each<Form>(["classic", "flex"])("in place takes what keeps the graph and refuses the rest (%s)", async (form) => {
    const here = await applied(form, "in-place");
    expect(await verdict(here, form, {})).toBe("no-op");
    expect(await verdict(here, form, { template: otherTable(form) })).toBe("update");
    for (const props of [
      { template: otherGraph(form) },
      { workers: { max: 9 } },
      { workers: { streamingEngine: false } },
    ])
      expect(await verdict(here, form, props)).toContain("MR1769 web-dev/Lines");
    const renamedSteps = { "Write to BigQuery": "Write rows" };
    expect(await verdict(here, form, { template: otherGraph(form), renamedSteps })).toBe("update");
    expect(await verdict(here, form, { updateStrategy: "drain-and-replace" })).toBe("no-op");
    expect(await verdict(here, form, { template: otherGraph(form), updateStrategy: "drain-and-replace" })).toBe(
      "delete, create",
    );
    expect(await here.terraform("destroy", "-auto-approve", "-input=false", "-no-color")).toMatchObject({ code: 0 });
  });

  it("in parallel starts under another name before the old one is drained", async () => {
    const here = await applied("classic", "parallel");
    const strategy = { updateStrategy: "parallel" } as const;
    expect(await verdict(here, "classic", strategy)).toBe("no-op");
    expect(await verdict(here, "classic", { ...strategy, template: otherTable("classic") })).toBe("create, delete");
  });
});

describe("a protected streaming job", () => {
  const lifecycle = (updateStrategy: UpdateStrategy) =>
    plan(
      (stack) =>
        new DataflowJob(stack, "Lines", {
          template: googleTemplate("PubSub_Subscription_to_BigQuery", { ...given, ...udf }),
          updateStrategy,
        }),
    ).one("google_dataflow_job").lifecycle as Attributes;

  it("cannot be destroyed where it is to live on, and can where it is to be replaced", () => {
    expect(lifecycle("in-place")).toMatchObject({ prevent_destroy: true });
    expect(lifecycle("drain-and-replace")).not.toHaveProperty("prevent_destroy");
    expect(lifecycle("parallel")).toEqual({ create_before_destroy: true });
  });
});

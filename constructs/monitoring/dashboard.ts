import { Lazy } from "cdktf";
import { Construct } from "constructs";
import { enableApi, escapeTemplate, MillraceStack } from "../core";
import { lastingPath } from "../core/names";
import { MonitoringDashboard } from "../l1/monitoring";
import { renderDashboard } from "./render-dashboard";
import type { DashboardSection } from "./section";

/** The dashboard of a stack: a section for everything in it that offers one. */
export class StackDashboard extends Construct {
  /** The one of the stack that a construct belongs to. */
  static of(construct: Construct): StackDashboard {
    const stack = MillraceStack.of(construct);
    return (stack.node.tryFindChild("Dashboard") as StackDashboard | undefined) ?? new StackDashboard(stack);
  }

  readonly resource: MonitoringDashboard;
  private rendered?: { readonly count: number; readonly text: string };
  private readonly offered: { readonly path: string; readonly section: DashboardSection }[] = [];

  private constructor(stack: MillraceStack) {
    super(stack, "Dashboard");
    const { projectId: project } = stack.context;
    this.resource = new MonitoringDashboard(this, "Resource", {
      project,
      dashboardJson: Lazy.stringValue({
        produce: () => this.text(stack),
      }),
      dependsOn: [enableApi(this, "monitoring.googleapis.com")],
    });
  }

  /** Rendered once: cdktf resolves a plan several times. */
  private text({ node, context }: MillraceStack): string {
    const count = this.offered.length;
    if (this.rendered?.count !== count)
      this.rendered = { count, text: escapeTemplate(renderDashboard(node.id, this.sections, context.projectId)) };
    return this.rendered.text;
  }

  /** Adds what a construct shows. */
  add(construct: Construct, sections: readonly DashboardSection[]): void {
    for (const section of sections) this.offered.push({ path: lastingPath(construct), section });
  }

  /** In the order of kinds and paths, so that the order of construction says nothing. */
  get sections(): readonly DashboardSection[] {
    const key = ({ path, section }: (typeof this.offered)[number]) => `${section.kind}\n${path}`;
    return [...this.offered].sort((a, b) => (key(a) < key(b) ? -1 : 1)).map(({ section }) => section);
  }
}

import { IssuesError } from "../../../contract/issue";

/** What is raised for a function that nothing here stands in for. */
export const missingStub = (name: string, path: string): IssuesError =>
  new IssuesError([
    {
      code: "MR6101",
      severity: "error",
      path,
      problem: `${name} is not simulated here, and no stub answers for it`,
      fix: `give a stub called "${name}"`,
    },
  ]);
